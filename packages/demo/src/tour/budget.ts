/** How long the improvement may go on: whichever ends first. */
export interface TourBudget {
  /** Milliseconds of wall-clock time; default no limit. */
  readonly millis?: number
  /** Changes tried on the tour: 2-opt moves, Or-opt moves and kicks; default no limit. Gives the same tour each time. */
  readonly moves?: number
}

/** Moves between two looks at the clock and at the abort flag: some tens of microseconds. */
const MOVES_BETWEEN_CHECKS = 32

/** Counts moves and, every few of them, looks at the clock and calls back. */
export class Meter {
  readonly #started = performance.now()
  #moves = 0
  #millis = 0
  #exhausted = false

  /** @throws RangeError for a limit that is negative or not a number */
  constructor(
    private readonly budget: TourBudget,
    private readonly onCheck: (spentFraction: number) => void,
  ) {
    for (const limit of [budget.millis ?? 0, budget.moves ?? 0]) {
      if (!(limit >= 0)) throw new RangeError(`a budget cannot be ${limit}`)
    }
    this.#check()
  }

  get moves(): number {
    return this.#moves
  }

  get exhausted(): boolean {
    return this.#exhausted
  }

  countMove(): void {
    this.#moves++
    if (this.#moves === this.budget.moves || this.#moves % MOVES_BETWEEN_CHECKS === 0) this.#check()
  }

  #check(): void {
    this.#millis = performance.now() - this.#started
    const { millis = Number.POSITIVE_INFINITY, moves = Number.POSITIVE_INFINITY } = this.budget
    this.#exhausted = this.#millis >= millis || this.#moves >= moves
    this.onCheck(this.#exhausted ? 1 : Math.max(this.#millis / millis, this.#moves / moves))
  }
}
