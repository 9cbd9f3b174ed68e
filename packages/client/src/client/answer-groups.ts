/** A statement that the server was asked to parse and keep. */
export interface Parse {
  /** The server has: no error was in its group before the end. */
  kept(): void
  /** The server has not, as far as is known. */
  refused(): void
}

/**
 * What is sent up to a Sync, or a simple Query, is a group: the server answers it with one ReadyForQuery, and ignores what
 * follows an error in it (chapter 54.2.3). This tells each statement that was sent what became of its group.
 */
export class AnswerGroups {
  /** In the order of their groups. */
  readonly #waiting: { readonly parse: Parse; readonly group: number }[] = []
  #sent = 0
  #answered = 0

  /** Whether the server has answered anything. */
  get hasAnswers(): boolean {
    return this.#answered > 0
  }

  /** It belongs to the group that is being sent. */
  add(parse: Parse): void {
    this.#waiting.push({ parse, group: this.#sent })
  }

  /** A Sync is sent, or a simple Query. */
  sent(): void {
    this.#sent++
  }

  /** The server has refused something of the group that it answers. */
  refused(): void {
    for (const parse of this.#takeGroup()) parse.refused()
  }

  /** ReadyForQuery: those of the group that were not refused are kept. */
  answered(): void {
    for (const parse of this.#takeGroup()) parse.kept()
    this.#answered++
  }

  #takeGroup(): readonly Parse[] {
    if (this.#waiting.length === 0) return []
    const end = this.#waiting.findIndex(({ group }) => group !== this.#answered)
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end).map(({ parse }) => parse)
  }
}
