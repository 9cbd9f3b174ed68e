/** A closed tour as an array of places, changed only by reversing runs of it, which can be undone. */
export class ArrayTour {
  /** Which place is visited at each position. */
  readonly #order: Int32Array
  /** At which position each place is visited: the inverse of `#order`. */
  readonly #position: Int32Array
  /** The runs reversed since the last `keep`, as pairs: first position, length. */
  readonly #reversed: number[] = []

  /** Visits the places 0 to `size` − 1 in the order of their numbers. */
  constructor(readonly size: number) {
    this.#order = Int32Array.from({ length: size }, (_, i) => i)
    this.#position = this.#order.slice()
  }

  order(): Int32Array {
    return this.#order.slice()
  }

  /** The place visited at a position, counted round and round. */
  at(position: number): number {
    return this.#order[position % this.size]!
  }

  next(place: number): number {
    const position = this.#position[place]! + 1
    return this.#order[position === this.size ? 0 : position]!
  }

  previous(place: number): number {
    const position = this.#position[place]!
    return this.#order[position === 0 ? this.size - 1 : position - 1]!
  }

  /**
   * The 2-opt move: the links a–aNext and b–bNext become a–b and aNext–bNext. The direction in which aNext
   * follows a, and bNext follows b, may be the array's or the other.
   */
  exchange(a: number, aNext: number, b: number): void {
    const [first, last] = this.next(a) === aNext ? [aNext, b] : [b, aNext]
    const start = this.#position[first]!
    const length = this.#wrap(this.#position[last]! - start) + 1
    // The tour is closed: reversing all the rest instead gives the same one.
    if (length * 2 <= this.size) this.reverse(start, length)
    else this.reverse(this.#wrap(start + length), this.size - length)
  }

  /** Reverses a run of positions, which may pass the end of the array. */
  reverse(start: number, length: number): void {
    this.#reversed.push(start, length)
    this.#swapRun(start, length)
  }

  /** Makes what was done so far final. */
  keep(): void {
    this.#reversed.length = 0
  }

  /** Takes back everything since the last `keep`. */
  undo(): void {
    while (this.#reversed.length > 0) {
      const length = this.#reversed.pop()!
      const start = this.#reversed.pop()!
      this.#swapRun(start, length)
    }
  }

  #swapRun(start: number, length: number): void {
    let low = start
    let high = this.#wrap(start + length - 1)
    for (let swaps = length >> 1; swaps > 0; swaps--) {
      const lowPlace = this.#order[low]!
      const highPlace = this.#order[high]!
      this.#order[low] = highPlace
      this.#position[highPlace] = low
      this.#order[high] = lowPlace
      this.#position[lowPlace] = high
      if (++low === this.size) low = 0
      if (--high < 0) high = this.size - 1
    }
  }

  #wrap(position: number): number {
    return position < 0 ? position + this.size : position >= this.size ? position - this.size : position
  }
}
