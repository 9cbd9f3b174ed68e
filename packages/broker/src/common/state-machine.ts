/** One state union with its transitions in one place: an illegal one throws. */
export class StateMachine<S extends string> {
  #state: S
  readonly #name: string
  readonly #next: Readonly<Record<S, readonly S[]>>

  constructor(name: string, start: S, next: Readonly<Record<S, readonly S[]>>) {
    this.#name = name
    this.#state = start
    this.#next = next
  }

  get state(): S {
    return this.#state
  }

  to(next: S): void {
    if (!this.#next[this.#state].includes(next))
      throw new Error(`A ${this.#name} cannot go from ${this.#state} to ${next}`)
    this.#state = next
  }
}
