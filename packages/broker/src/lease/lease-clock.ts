/** What a clock watches: times are in milliseconds, 0 is never. */
interface LeaseLimits {
  readonly maxLeaseMillis: number
  readonly leakDetectionMillis: number
}

/** The timers of one lease, from its grant to its end. */
export class LeaseClock {
  #expiry: NodeJS.Timeout | undefined
  #leak: NodeJS.Timeout | undefined
  #answers: NodeJS.Timeout | undefined

  start({ maxLeaseMillis, leakDetectionMillis }: LeaseLimits, expired: () => void, leaks: () => void): void {
    if (maxLeaseMillis > 0) this.#expiry = setTimeout(expired, maxLeaseMillis)
    if (leakDetectionMillis > 0) this.#leak = setTimeout(leaks, leakDetectionMillis)
  }

  /** The worker waits for answers, and for nothing else. */
  boundAnswers(millis: number, late: () => void): void {
    this.#answers = setTimeout(late, millis)
  }

  stop(): void {
    clearTimeout(this.#expiry)
    clearTimeout(this.#leak)
    clearTimeout(this.#answers)
  }
}
