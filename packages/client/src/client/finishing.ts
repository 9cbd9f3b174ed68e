import { needsInput } from './needs-input.js'
import type { PgQueues } from './pg-client.js'

/** A client that is given back once what it was given to send is answered. */
export interface FinishingClient extends PgQueues {
  /** Whether the server waits for a query. */
  readonly readyForQuery?: boolean
}

/** How it ends. */
export interface Ends {
  /** Whether its holder may still send something. */
  isOpen(): boolean
  /** Everything is answered. */
  answered(): void
  /** Only more input could end the query under way. */
  stuck(): void
  /** Whether something has begun that only more input ends, by whatever query it is. */
  isInputDue(): boolean
}

/** Waits for the answers to what a client was given to send. */
export class Finishing {
  /** Rejects when an answer is lost that nobody has taken back. */
  readonly over: Promise<void>
  readonly #client: FinishingClient
  readonly #ends: Ends
  #resolve: () => void = () => {}
  #reject: (error: Error) => void = () => {}
  #state: 'waiting' | 'over' = 'waiting'

  constructor(client: FinishingClient, ends: Ends) {
    this.#client = client
    this.#ends = ends
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Nobody need wait for it.
    this.over.catch(() => {})
  }

  /** Something has been sent, or answered. */
  goOn(): void {
    const { readyForQuery, _activeQuery } = this.#client
    if (readyForQuery !== true) {
      if (_activeQuery != null && needsInput(_activeQuery, this.#ends.isInputDue())) this.#ends.stuck()
    } else if (!this.#ends.isOpen()) {
      this.#ends.answered()
    } else {
      // Whoever has awaited the answer may go on.
      setImmediate(() => {
        if (this.#state === 'waiting' && this.#client.readyForQuery === true) this.#ends.answered()
      })
    }
  }

  done(): void {
    this.#state = 'over'
    this.#resolve()
  }

  failed(error: Error): void {
    this.#state = 'over'
    this.#reject(error)
  }
}
