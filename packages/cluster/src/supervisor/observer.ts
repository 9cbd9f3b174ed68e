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
  /** Whatever was asked before. */
  #line: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly connectionString: string,
    private readonly isPooledByTransaction: boolean,
  ) {}

  /** @throws an Error that says what is wrong with the address, or that another run is at work */
  static async open(connectionString: string, isPooledByTransaction: boolean): Promise<Observer> {
    const observer = new Observer(connectionString, isPooledByTransaction)
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
  query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    // One at a time: so one of them opens the connection again, for all.
    const answer = this.#line.then(() => this.#ask<Row>(sql, values))
    this.#line = answer.catch(() => {})
    return answer
  }

  async #ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<Row[]> {
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
    try {
      // Of a pooler's connection nobody knows whose it is. The server may need a while to miss the one that is lost.
      if (!this.isPooledByTransaction) await lockOut(client)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
    this.#isLost = false
  }
}
