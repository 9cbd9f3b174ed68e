const FIRST_MILLIS = 50
const LONGEST_MILLIS = 2000

/**
 * Holds back new connections after one has failed, twice as long after each failure, less up to a half so that many
 * processes do not knock together. Those that fail while it holds back began before, and count as one.
 */
export class Backoff {
  readonly #again: () => void
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  /** Of the latest attempt; undefined after a success. */
  error: Error | undefined

  constructor(again: () => void) {
    this.#again = again
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined
  }

  failed(error: Error): void {
    this.error = error
    if (this.isWaiting) return
    const millis = Math.min(LONGEST_MILLIS, FIRST_MILLIS * 2 ** this.#failures) * (0.5 + Math.random() / 2)
    this.#failures++
    // Who waits keeps the process alive: it may be for nobody that there is another attempt.
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#again()
    }, millis).unref()
  }

  reset(): void {
    this.error = undefined
    this.#failures = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
