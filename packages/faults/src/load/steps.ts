import type { Commit, Phase, Plan } from './plan.js'

/** Lets a task's fault strike when its phase has come. */
export class Steps {
  readonly #plan: Plan
  readonly #strike: (name: string) => unknown
  #hasStruck = false
  commit: Commit = 'unsent'

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

  /** The statement from which on the task's row is in the ledger. */
  async commits<T>(send: () => Promise<T>): Promise<T> {
    this.commit = 'sent'
    const value = await this.during('committing', send())
    this.commit = 'answered'
    await this.at('committed')
    return value
  }
}
