import { type Commit, type Phase, type Plan, wrong } from './plan.js'

/** Lets a task's fault strike when its phase has come. */
export class Steps {
  readonly #plan: Plan
  readonly #strike: (name: string) => unknown
  #hasStruck = false
  commit: Commit = 'unsent'
  /** Why a statement that nobody waited for has failed. */
  #failure: unknown

  constructor(plan: Plan, strike: (name: string) => unknown) {
    this.#plan = plan
    this.#strike = strike
  }

  async at(phase: Phase): Promise<void> {
    const { fault } = this.#plan
    if (fault?.phase !== phase || this.#hasStruck) return
    this.#hasStruck = true
    await this.#strike(fault.name)
  }

  /** While a query is under way. */
  async during<T>(phase: Phase, query: Promise<T>): Promise<T> {
    // What strikes may leave the query alone.
    query.catch(() => {})
    await this.at(phase)
    return query
  }

  /** A statement that writes the task's row, and that nobody waits for. */
  async sends(query: Promise<unknown>): Promise<void> {
    this.commit = 'sent'
    query.then(
      () => {
        this.commit = 'answered'
      },
      (error) => {
        this.#failure = error
      },
    )
    await this.at('committing')
  }

  /** The lease is over: so is what was sent in it. @throws the error of a statement that nobody waited for */
  mustBeAnswered(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.commit === 'sent') throw wrong('A lease is over before what it has sent is answered')
  }

  /** The statement from which on the task's row is in the ledger. */
  async commits<T>(send: () => Promise<T>): Promise<T> {
    this.commit = 'sent'
    const value = await this.during('committing', send())
    this.commit = 'answered'
    await this.at('committed')
    return value
  }
}
