import { type CancelTarget, sendCancelRequest } from './cancel-request.js'

/** The cancels of what runs on one connection. Each may arrive late, and hit what runs then. */
export class Cancels {
  readonly #target: CancelTarget
  /** Of all sent so far, until they are over. One that may still arrive is never over. */
  #underWay: Promise<void> | undefined

  constructor(target: CancelTarget) {
    this.#target = target
  }

  /** Asks the server to cancel what runs; resolves and rejects as `over` does. */
  send(timeoutMillis: number): Promise<void> {
    const [before, request] = [this.#underWay, sendCancelRequest(this.#target, timeoutMillis)]
    const underWay = Promise.all([before, request]).then(() => {
      if (this.#underWay === underWay) this.#underWay = undefined
    })
    this.#underWay = underWay
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
}
