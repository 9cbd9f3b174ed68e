/**
 * Errors of a statement that another session's change has made useless: the same text, parsed anew, may be right. Of a type
 * that is gone the server says that it finds it no more (XX000).
 */
export const OUTDATED = /^(?:0A000|26000|XX000|22|42)/

/**
 * - `sending`: its messages are not all sent;
 * - `sent`: the server may refuse it yet;
 * - `refused`: the server has, and nothing has been run.
 */
type State = 'sending' | 'sent' | 'refused'

/**
 * A query of a statement that the server keeps, until it is bound. Should the server refuse it before that, outside a
 * transaction, nothing has been run, and it is sent again with its text. Inside one the transaction has failed.
 */
export class KeptQuery {
  readonly statement: { readonly text: string; readonly name: string }
  readonly #isInTransaction: boolean
  /** Bind, and what follows it. */
  readonly messages: Buffer[] = []
  #state: State = 'sending'
  /** By its client: it is not sent again. */
  isCancelled = false

  constructor(statement: { text: string; name: string }, isInTransaction: boolean) {
    this.statement = statement
    this.#isInTransaction = isInTransaction
  }

  get isRefused(): boolean {
    return this.#state === 'refused'
  }

  sends(message: Buffer, isLast: boolean): void {
    if (this.#state !== 'sending' || this.#isInTransaction) return
    this.messages.push(message)
    if (isLast) this.#state = 'sent'
  }

  /** @returns whether it is to be sent again, once the server is ready. */
  refuse({ code }: { code?: unknown }): boolean {
    if (this.#state !== 'sent' || !OUTDATED.test(String(code))) return false
    this.#state = 'refused'
    return true
  }
}
