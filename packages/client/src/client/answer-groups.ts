/**
 * What is sent up to a Sync, or a simple Query, is a group: the server answers it with one ReadyForQuery, and ignores what
 * follows an error in it (chapter 54.2.3). This knows of each thing that was sent whether the server has answered its group.
 */
export class AnswerGroups<T> {
  /** In the order of their groups. */
  #waiting: { readonly what: T; readonly group: number }[] = []
  #sent = 0
  #answered = 0

  /** Whether the server has answered anything. */
  get hasAnswers(): boolean {
    return this.#answered > 0
  }

  /** It belongs to the group that is being sent. */
  add(what: T): void {
    this.#waiting.push({ what, group: this.#sent })
  }

  delete(what: T): void {
    this.#waiting = this.#waiting.filter((each) => each.what !== what)
  }

  clear(): void {
    this.#waiting = []
  }

  /** A Sync is sent, or a simple Query. */
  sent(): void {
    this.#sent++
  }

  /** The server has refused something of the group that it answers: returns those of the group. */
  refused(): readonly T[] {
    if (this.#waiting.length === 0) return []
    const end = this.#waiting.findIndex(({ group }) => group !== this.#answered)
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end).map(({ what }) => what)
  }

  /** ReadyForQuery: returns those of the group that were not refused. */
  answered(): readonly T[] {
    const done = this.refused()
    this.#answered++
    return done
  }
}
