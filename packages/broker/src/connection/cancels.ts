import { type CancelTarget, sendCancelRequest } from './cancel-request.js'

/**
 * The cancels of what runs on one connection. Each may arrive late, and hit what runs then. Each takes a connection of its
 * own, so there is one at a time, and one more that waits for it, however many are asked for.
 */
export class Cancels {
  readonly #target: CancelTarget
  /** Of all sent so far, until they are over. One that may still arrive is never over. */
  #underWay: Promise<void> | undefined
  /** The same, while the last of them has not begun. */
  #waiting: Promise<void> | undefined

  constructor(target: CancelTarget) {
    this.#target = target
  }

  /** Asks the server to cancel what runs; resolves and rejects as `over` does. */
  send(timeoutMillis: number): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting
    const before = this.#underWay
    const request = before === undefined ? this.#request(timeoutMillis) : this.#behind(before, timeoutMillis)
    const underWay = Promise.all([before, request]).then(() => {
      if (this.#underWay === underWay) this.#underWay = undefined
    })
    this.#underWay = underWay
    if (before !== undefined) this.#waiting = underWay
    // Told to those who ask.
    underWay.catch(() => {})
    return underWay
  }

  /**
   * Resolves when no cancel can hit what runs from now on; undefined when none can now.
   * @throws Error when one may arrive at any time: the connection cannot be lent again.
   */
  get over(): Promise<void> | undefined {
    return this.#underWay
  }

  #behind(before: Promise<void>, timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis
    const begin = () => {
      this.#waiting = undefined
      return this.#request(Math.max(1, deadline - performance.now()))
    }
    return before.then(begin, begin)
  }

  #request(timeoutMillis: number): Promise<void> {
    return sendCancelRequest(this.#target, timeoutMillis)
  }
}
