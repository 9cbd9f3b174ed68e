import pg from 'pg'
import { until } from '../common/until.js'

/** Longer than the server takes to recover. */
const BOUND_MILLIS = 30_000

/** The superuser's own connection to the server, which comes again when the server does. */
export class Admin {
  readonly #connectionString: string
  #client: pg.Client | undefined
  /** One statement at a time. */
  #latest: Promise<unknown> = Promise.resolve()

  constructor(connectionString: string) {
    this.#connectionString = connectionString
  }

  /** Waits for a server that is away. @throws the server's error for a statement that it refuses. */
  query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const rows = until(
      () => this.tryQuery<Row>(text, values),
      () => 'for the server to let its administrator in',
      BOUND_MILLIS,
    )
    return rows as Promise<Row[]>
  }

  /** Undefined when the server is away. */
  tryQuery<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[] | undefined> {
    const rows = this.#latest.then(() => this.#tryNow<Row>(text, values))
    this.#latest = rows.catch(() => {})
    return rows
  }

  async #tryNow<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[] | undefined> {
    // One that refuses the database is away for now.
    this.#client ??= await this.#connect().catch(() => undefined)
    if (this.#client === undefined) return undefined
    try {
      const { rows } = await this.#client.query<Row>(text, values)
      // Of several statements there is a result each.
      return rows ?? []
    } catch (error) {
      if (isOfStatement(error)) throw error
      this.#client = undefined
      return undefined
    }
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#connectionString, application_name: 'admin' })
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined
    })
    await client.connect()
    return client
  }
}

/** Not that of a server that is ending, full or starting: classes 08, 53 and 57 of the error codes. */
function isOfStatement(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(08|53|57)/.test(error.code ?? '')
}
