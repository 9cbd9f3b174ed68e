import { refuseStandstill, standStill } from '@pglease/client/internal'

/** How long the broker stands still at a stretch for however many threads, in milliseconds. For each, one is the rule. */
const BURST_MILLIS = 100

/** The part of its time that it gives to standing still in the long run. */
const SHARE = 0.05

/** How long the broker's thread may stand still for others, all together: what a thread wastes is taken from all of them. */
export class StandstillBudget {
  #left = BURST_MILLIS
  #countedAt = performance.now()

  /** Stands still for a thread that may ask for it, as long as there is time left. Otherwise the thread is told. */
  spend(memory: SharedArrayBuffer, mayAsk: boolean): void {
    this.#refill()
    if (!mayAsk || this.#left < 1) return refuseStandstill(memory)
    standStill(memory, this.#left)
    const now = performance.now()
    this.#left -= now - this.#countedAt
    this.#countedAt = now
  }

  #refill(): void {
    const now = performance.now()
    this.#left = Math.min(BURST_MILLIS, this.#left + (now - this.#countedAt) * SHARE)
    this.#countedAt = now
  }
}
