/** More than a thread ends in the time between two looks of the broker. */
const PLACES = 256

/** That a thread begins between two looks: the last of them is not over. */
export const MOST_UNSEEN_LEASES = PLACES + 1

export const HOLD_TIMES_BYTES = (1 + PLACES) * Int32Array.BYTES_PER_ELEMENT

/**
 * For how long a thread has held each lease that it has ended without a word, in memory that the broker sees as well: a
 * ring with one writer and one reader. How many have been written they know from elsewhere.
 */
export class HoldTimes {
  /** How many the broker has read. */
  readonly #read: Int32Array
  /** In microseconds. */
  readonly #places: Int32Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#read = new Int32Array(memory, byteOffset, 1)
    this.#places = new Int32Array(memory, byteOffset + this.#read.byteLength, PLACES)
  }

  /** By the broker, before it hands over. */
  clear(): void {
    Atomics.store(this.#read, 0, 0)
  }

  /** By the thread: whether there is a place for the one behind so many. */
  hasPlaceBehind(written: number): boolean {
    return written - Atomics.load(this.#read, 0) < PLACES
  }

  /** By the thread: the one behind so many. */
  write(written: number, millis: number): void {
    this.#places[written % PLACES] = Math.round(millis * 1000)
  }

  /** By the broker: those that it has not read, in milliseconds; never more than there are places. */
  read(written: number): number[] {
    const before = Atomics.load(this.#read, 0)
    if (written <= before) return []
    // The memory is the thread's as well, and what it writes there need not make sense.
    const first = Math.max(0, before, written - PLACES)
    const times = Array.from(
      { length: written - first },
      (_, at) => this.#places[(first + at) % PLACES]! / 1000,
    )
    // From here on the thread may write over them.
    Atomics.store(this.#read, 0, written)
    return times
  }
}
