import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable } from '@pglease/broker'
import { connect, lockOut } from '@pglease/demo/parts'
import type pg from 'pg'

const NAME = 'pglease cluster, supervisor'
const MILLIS_BETWEEN_ATTEMPTS = 100

/** How long a server may be away. */
const AWAY_MILLIS = 120_000

/** The supervisor's one connection, which is opened again when it is lost. */
export class Observer {
  #client: pg.Client | undefined
  #isLost = false

  private constructor(private readonly connectionString: string) {}

  /** @throws an Error that says what is wrong with the address, or that another run is at work */
  static async open(connectionString: string): Promise<Observer> {
    const observer = new Observer(connectionString)
    await observer.#connect()
    return observer
  }

  /** For what is to be done once. */
  get client(): pg.Client {
    if (this.#client === undefined) throw new Error('The connection to Postgres was lost.')
    return this.#client
  }

  /**
   * Asks again while the server is away, so the statement must do no harm when it is done twice.
   * @throws what the server answers
   */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const deadline = performance.now() + AWAY_MILLIS
    for (;;) {
      try {
        if (this.#isLost) await this.#connect()
        const { rows } = await this.client.query<Row>(sql, values)
        return rows
      } catch (error) {
        if (!this.#isLost && !isRetryable(error)) throw error
        if (performance.now() > deadline) throw error
        await sleep(MILLIS_BETWEEN_ATTEMPTS)
      }
    }
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = await connect(this.connectionString, NAME)
    const lost = () => {
      if (this.#client === client) this.#isLost = true
    }
    client.on('error', lost)
    client.on('end', lost)
    this.#client = client
    this.#isLost = false
    // It was held by the connection that is gone.
    await lockOut(client)
  }
}
