import type { SessionCell, Traffic } from '@pglease/client/internal'
import type { Counters } from './statistics.js'

/** A socket in the hands of a thread, as the broker sees it: by the cell that both share, and by what the thread tells. */
export class ThreadSocket {
  readonly #cell: SessionCell
  readonly #counters: Counters
  /** What of the thread's doings is in the counters. */
  #counted: Traffic = { received: 0, sent: 0, reopened: 0 }
  /** When the thread last told that it keeps the socket from one lease to its next. */
  keptSince = 0

  constructor(cell: SessionCell, counters: Counters) {
    this.#cell = cell
    this.#counters = counters
  }

  /** Counts what the thread has done since this was last called. */
  count(): void {
    const { received, sent, reopened } = this.#cell
    const now = { received, sent, reopened }
    this.#counters.passed(this.#counted, now)
    this.#counted = now
  }

  /** Whether the thread holds no lease, and keeps the socket for its next. */
  get isKept(): boolean {
    return this.#cell.isKept
  }

  /** Whether the thread has begun, and perhaps ended, a lease that it has not told of. */
  get isReopened(): boolean {
    return this.#cell.reopened > 0
  }

  /** The thread keeps nothing at the end of its lease. */
  want(): void {
    this.#cell.want()
  }

  /** False when the thread holds a lease. */
  take(): boolean {
    return this.#cell.take()
  }
}
