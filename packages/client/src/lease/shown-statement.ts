/** UTF-8 of what a warning or a report shows of a statement. */
const TEXT_BYTES = 248

/** Indices of words. */
const [TURN, LENGTH] = [0, 1]
const WORDS_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT

export const SHOWN_STATEMENT_BYTES = WORDS_BYTES + TEXT_BYTES

/** How often the broker looks anew where the thread has written meanwhile. */
const LOOKS = 3

/** The beginning of the statement that a thread has sent last, in memory that the broker sees as well. */
export class ShownStatement {
  /** The turn is odd while the thread writes, and another once it has. */
  readonly #words: Int32Array
  readonly #text: Buffer

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, 2)
    this.#text = Buffer.from(memory as never, byteOffset + WORDS_BYTES, TEXT_BYTES)
  }

  /** By the thread. '' is none. */
  write(text: string): void {
    Atomics.add(this.#words, TURN, 1)
    // No character is written in part.
    this.#words[LENGTH] = this.#text.write(text)
    Atomics.add(this.#words, TURN, 1)
  }

  /** By the broker; undefined where there is none. The memory is the thread's as well, and the text may be any. */
  read(): string | undefined {
    for (let look = 0; look < LOOKS; look++) {
      const turn = Atomics.load(this.#words, TURN)
      const length = Math.max(0, Math.min(this.#words[LENGTH]!, TEXT_BYTES))
      const text = this.#text.toString('utf8', 0, length)
      if (turn % 2 === 0 && Atomics.load(this.#words, TURN) === turn) return text === '' ? undefined : text
    }
    return undefined
  }
}
