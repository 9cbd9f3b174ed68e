/** How long leases wait without a break before that is told. */
const CROWDED_MILLIS = 10_000

/** Watches for a line that is never empty. */
export class CrowdedLine {
  readonly #told: (sinceMillis: number) => void
  /** When the line was empty last; undefined while it is. */
  #since: number | undefined
  /** Runs on where the line is empty meanwhile: to set one for each lease that waits would cost more. */
  #timer: NodeJS.Timeout | undefined

  /** @param told is called when it has lasted for long, and again each time that it has lasted as long once more. */
  constructor(told: (sinceMillis: number) => void) {
    this.#told = told
  }

  /** Somebody waits. */
  began(now: number): void {
    this.#since ??= now
    this.#timer ??= setTimeout(() => this.#look(), CROWDED_MILLIS).unref()
  }

  /** Nobody waits. */
  ended(): void {
    this.#since = undefined
  }

  /** Nobody will wait any more. A timer that runs would hold the pool in memory. */
  stop(): void {
    this.ended()
    clearTimeout(this.#timer)
  }

  #look(): void {
    this.#timer = undefined
    if (this.#since === undefined) return
    const millis = performance.now() - this.#since
    // A timer may fire a little early.
    const isLong = millis > CROWDED_MILLIS - 2
    if (isLong) this.#told(Math.round(millis))
    const left = isLong ? CROWDED_MILLIS : CROWDED_MILLIS - millis
    this.#timer = setTimeout(() => this.#look(), left).unref()
  }
}
