import { stayAlive } from '../common/longest-timer.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { CrowdedLine } from './crowded-line.js'
import { WaitingLine } from './waiting-line.js'

/** Who waits for a connection. Exactly one of the two is called, once, unless the waiter leaves. */
export interface Waiter {
  /** For people: the thread that waits. Undefined where what that has leased says nothing of the one who waits. */
  readonly thread: string | undefined
  readonly priority: number
  /** 0 waits without end. */
  readonly timeoutMillis: number
  /** Whether it asks only whether a connection can be had, which is no lease. */
  readonly isProbe?: true
  granted(connection: ServerConnection, waitedMillis: number): void
  refused(error: Error): void
}

interface Wait {
  readonly since: number
  /** Keeps the process alive: the connection that is waited for would not. */
  readonly timer: NodeJS.Timeout
}

/** The line of those who wait, and how long each of them has. */
export class Waiters {
  readonly #line = new WaitingLine<Waiter>()
  /** One for each in the line. */
  readonly #waits = new Map<Waiter, Wait>()
  readonly #timeoutError: (waitedMillis: number, waiter: Waiter) => Error
  readonly #crowded: CrowdedLine

  /**
   * @param timeoutError what a waiter is refused with when its time is over.
   * @param crowded is called when somebody has always waited for long.
   */
  constructor(
    timeoutError: (waitedMillis: number, waiter: Waiter) => Error,
    crowded: (sinceMillis: number) => void,
  ) {
    this.#timeoutError = timeoutError
    this.#crowded = new CrowdedLine(crowded)
  }

  get size(): number {
    return this.#line.size
  }

  join(waiter: Waiter): void {
    const { timeoutMillis, priority } = waiter
    const since = performance.now()
    const timer = timeoutMillis === 0 ? stayAlive() : setTimeout(() => this.#timeout(waiter), timeoutMillis)
    this.#waits.set(waiter, { since, timer })
    this.#line.join(waiter, priority, since)
    this.#crowded.began(since)
  }

  /** Returns false when it did not wait. */
  leave(waiter: Waiter): boolean {
    if (!this.#line.leave(waiter)) return false
    this.#forget(waiter)
    return true
  }

  /** Takes the first in the line, which must not be empty. */
  next(): { waiter: Waiter; waitedMillis: number } {
    const waiter = this.#line.shift()
    if (waiter === undefined) throw new Error('Nobody waits')
    return { waiter, waitedMillis: this.#forget(waiter) }
  }

  /** Refuses all, behind whom nobody joins. */
  close(error: () => Error): void {
    this.refuseAll(error)
    this.#crowded.stop()
  }

  refuseAll(error: () => Error): void {
    while (this.size > 0) this.next().waiter.refused(error())
  }

  #timeout(waiter: Waiter): void {
    if (!this.#line.leave(waiter)) throw new Error('A waiter timed out that did not wait')
    waiter.refused(this.#timeoutError(Math.round(this.#forget(waiter)), waiter))
  }

  #forget(waiter: Waiter): number {
    const wait = this.#waits.get(waiter)
    if (wait === undefined) throw new Error('A waiter in the line has no wait')
    this.#waits.delete(waiter)
    clearTimeout(wait.timer)
    if (this.#waits.size === 0) this.#crowded.ended()
    return performance.now() - wait.since
  }
}
