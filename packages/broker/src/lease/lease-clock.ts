/** The timers of one lease. */
export class LeaseClock {
  #timers: NodeJS.Timeout[] = []

  /** @param millis 0 for never. */
  after(millis: number, happens: () => void): void {
    if (millis > 0) this.#timers.push(setTimeout(happens, millis))
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
  }
}
