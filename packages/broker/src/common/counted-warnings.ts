import type { BrokerWarning, WarningListener } from './warnings.js'

/** Of more causes than this the one that came first is forgotten: should it come again, it counts as new. */
const MOST_CAUSES = 1000

/** Tells of each cause when it has come once, ten times, a hundred times and so on, so that one that comes often floods nothing. */
export class CountedWarnings {
  readonly #warn: WarningListener
  readonly #counts = new Map<string, number>()

  constructor(warn: WarningListener) {
    this.#warn = warn
  }

  /** @param make is called only where it is to be told. */
  tell(cause: string, make: (count: number) => BrokerWarning): void {
    const count = (this.#counts.get(cause) ?? 0) + 1
    if (count === 1 && this.#counts.size >= MOST_CAUSES) this.#forgetFirst()
    this.#counts.set(cause, count)
    if (isPowerOfTen(count)) this.#warn(make(count))
  }

  #forgetFirst(): void {
    for (const cause of this.#counts.keys()) {
      this.#counts.delete(cause)
      return
    }
  }
}

/** For the end of a message. */
export function soOften(count: number): string {
  return count === 1 ? '' : ` (${count} times so far)`
}

function isPowerOfTen(count: number): boolean {
  return Number.isInteger(Math.log10(count))
}
