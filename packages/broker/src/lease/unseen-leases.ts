import type { SessionCell } from '@pglease/client/internal'
import {
  type FirstLease,
  isAnybodyTold,
  nextLeaseNumber,
  RELEASED,
  type ToldLease,
  tellEnded,
  tellGranted,
  tellRequested,
} from './lease-news.js'

/**
 * The leases that a thread begins with a socket which it keeps, without a word to the broker: which of them is the current
 * one, and news of each when the broker learns of it.
 */
export class UnseenLeases {
  /** The one whose grant has brought the socket. */
  readonly #first: FirstLease
  readonly #firstTask: string | undefined
  readonly #cell: SessionCell
  /** How many are known to have begun. */
  #begun = 0
  /** How many are known to have ended, the first one with them: as many as have begun, or one more. */
  #ended = 0
  /** Of the latest one. 0 until somebody asks for it. */
  #number = 0
  /** Set when no other comes. */
  #last: { task: string | undefined } | undefined

  constructor(first: FirstLease, task: string | undefined, cell: SessionCell) {
    this.#first = first
    this.#firstTask = task
    this.#cell = cell
  }

  /** The latest one that is known; undefined where there is none but the first. */
  get latest(): { number: number; task: string | undefined } | undefined {
    if (this.#begun === 0) return undefined
    this.#number ||= nextLeaseNumber()
    const { task } = this.#last ?? { task: this.#cell.readTask(this.#begun) }
    return { number: this.#number, task }
  }

  /** The socket is back: the cell is of what comes next. */
  end(): void {
    if (this.#begun > 0) this.#last = { task: this.#cell.readTask(this.#begun) }
  }

  /**
   * @param begun how many the thread has begun in all.
   * @param holdTimes of those that have ended since.
   */
  seen(begun: number, holdTimes: readonly number[]): void {
    if (isAnybodyTold()) this.#tell(begun, holdTimes)
    else if (begun > this.#begun) this.#number = 0
    // The memory is the thread's as well, and its counts need not agree.
    this.#ended = Math.max(this.#ended + holdTimes.length, begun)
    this.#begun = begun
  }

  #tell(begun: number, holdTimes: readonly number[]): void {
    const [ended, known] = [this.#ended, this.#begun]
    for (let at = ended; at <= begun; at++) {
      if (at > known) {
        this.#number = nextLeaseNumber()
        tellRequested(this.#told(at))
        tellGranted(this.#told(at), 0, true)
      }
      const millis = holdTimes[at - ended]
      if (millis !== undefined) tellEnded(this.#told(at), millis, RELEASED)
    }
  }

  #told(at: number): ToldLease {
    const { request, peer, home, processId, ownNumber } = this.#first
    const same = { request, peer, home, processId }
    if (at === 0) return { ...same, number: ownNumber, task: this.#firstTask }
    this.#number ||= nextLeaseNumber()
    return { ...same, number: this.#number, task: this.#cell.readTask(at) }
  }
}
