import type { Counters } from '../common/statistics.js'
import type { Database } from '../connection/database-options.js'
import { exchange } from '../connection/exchange.js'
import { finishReset } from '../connection/finish-reset.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { questionOf } from '../connection/session-attributes.js'

/** What becomes of a connection that has been checked. */
export interface CheckOutcome {
  passed(connection: ServerConnection): void
  /** The same of one that nobody had wanted: it was not used. */
  alive(connection: ServerConnection): void
  failed(connection: ServerConnection, reason: 'invalid' | 'unclean'): void
}

/** Makes connections that nobody holds answer: to see whether they still do, or to reset their session. */
export class Checks {
  readonly #database: Database
  readonly #counters: Counters
  readonly #outcome: CheckOutcome
  /** Those that have not answered yet. */
  readonly #running = new Set<ServerConnection>()

  constructor(database: Database, counters: Counters, outcome: CheckOutcome) {
    this.#database = database
    this.#counters = counters
    this.#outcome = outcome
  }

  get size(): number {
    return this.#running.size
  }

  validate(connection: ServerConnection): void {
    this.#counters.validated++
    this.#run(connection, 'invalid', () => this.#question(connection))
  }

  /** The same of one that nobody wants yet. */
  keepAlive(connection: ServerConnection): void {
    this.#counters.validated++
    const alive = () => this.#outcome.alive(connection)
    this.#run(connection, 'invalid', () => this.#question(connection), alive)
  }

  /**
   * The same of one that was granted to see whether it answers, whose reset is counted.
   * @throws Error when it does not
   */
  probe(connection: ServerConnection): Promise<void> {
    this.#counters.validated++
    const answer = this.#question(connection)
    this.#follow(connection, 'invalid', answer)
    return answer
  }

  /** Sends the reset that is due, with the empty query behind it. */
  reset(connection: ServerConnection): void {
    this.#run(connection, 'unclean', () => exchange(connection, [''], this.#database.cancelTimeoutMillis))
  }

  /** Of one that a worker has sent. */
  finishReset(connection: ServerConnection): void {
    this.#run(connection, 'unclean', () => finishReset(connection, this.#database.cancelTimeoutMillis))
  }

  /** Fails all that run. */
  stop(): void {
    for (const connection of this.#running) connection.destroy()
  }

  /** @throws Error when it does not answer in time, or is not what is wanted any more. */
  async #question(connection: ServerConnection): Promise<void> {
    const { targetSessionAttributes, validateTimeoutMillis } = this.#database
    const question = questionOf(targetSessionAttributes, connection.initialSettings)
    const asked = performance.now()
    await exchange(connection, [question], validateTimeoutMillis)
    connection.fitAt = asked
  }

  #run(
    connection: ServerConnection,
    reason: 'invalid' | 'unclean',
    ask: () => Promise<void>,
    passed?: () => void,
  ): void {
    if (connection.reset === 'due') this.#counters.resets++
    this.#follow(connection, reason, ask(), passed)
  }

  #follow(
    connection: ServerConnection,
    reason: 'invalid' | 'unclean',
    answer: Promise<void>,
    passed = () => this.#outcome.passed(connection),
  ): void {
    this.#running.add(connection)
    const done = () => this.#running.delete(connection)
    answer.then(
      () => {
        done()
        passed()
      },
      () => {
        done()
        this.#outcome.failed(connection, reason)
      },
    )
  }
}
