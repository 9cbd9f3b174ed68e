import type { ConnectionBroker } from '@pglease/broker'
import type { DashboardOptions } from './options.js'
import type { DatabaseFigures, ServerAnswer, ServerView } from './snapshot.js'
import { cut } from './texts.js'

/** For a connection, and then for the answer. */
const PATIENCE_MILLIS = 1000

/** Rows that are shown. */
const MOST_CONNECTIONS = 200

/** As one text of JSON, so that it does not depend on the program's own parsers of types. */
const ask = (showStatements: boolean) => `
  WITH me AS (SELECT * FROM pg_stat_activity WHERE pid = pg_backend_pid()),
  found AS (
    SELECT a.pid, a.state, a.wait_event_type AS "waitType", a.wait_event AS wait,
      round(extract(epoch FROM clock_timestamp() - a.state_change) * 1000) AS "stateMillis",
      a.pid = me.pid AS asks, ${showStatements ? 'left(a.query, 200)' : 'NULL'} AS query
    FROM pg_stat_activity a, me
    WHERE a.datname = me.datname AND a.usename = me.usename AND a.application_name = me.application_name
      AND a.client_addr IS NOT DISTINCT FROM me.client_addr AND a.backend_type = 'client backend'
    ORDER BY a.pid LIMIT ${MOST_CONNECTIONS})
  SELECT json_build_object(
    'clients', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    'maxClients', current_setting('max_connections')::int,
    'transactions', (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()),
    'connections', (SELECT coalesce(json_agg(found), '[]') FROM found))::text AS answer`

type Sizes = Pick<DatabaseFigures, 'idle' | 'max' | 'connecting' | 'leased' | 'settling' | 'paused'>

/**
 * Asks the server now and then what it knows of one database's connections, by a lease as everybody's. It opens no connection for
 * that, and stands in no line: it asks only when a connection is free.
 */
export class ServerLook {
  #view: ServerView
  /** Whether it is under way. */
  #state: 'resting' | 'looking' = 'resting'
  /** As of `performance.now()`. */
  #nextAt = 0
  /** What was counted, and when, as of the last look that was answered. */
  #counted: { readonly transactions: number; readonly at: number } | undefined

  constructor(
    private readonly broker: ConnectionBroker,
    private readonly database: string,
    private readonly options: Required<DashboardOptions>,
  ) {
    this.#view = { state: options.serverMillis === 0 ? 'off' : 'unasked' }
  }

  get view(): ServerView {
    return this.#view
  }

  /** To be called once a second, while somebody watches. */
  tick(sizes: Sizes): void {
    if (this.options.serverMillis === 0 || this.#state === 'looking') return
    if (performance.now() < this.#nextAt) return
    const obstacle = obstacleOf(sizes)
    if (obstacle === undefined) void this.#look(sizes.max)
    else this.#view = { state: obstacle }
  }

  async #look(max: number): Promise<void> {
    this.#state = 'looking'
    const began = performance.now()
    const at = Date.now()
    try {
      this.#view = { state: 'told', at, ...(await this.#ask()) }
    } catch (error) {
      this.#view = { state: 'failed', at, error: cut(error instanceof Error ? error.message : 'unknown') }
    }
    const now = performance.now()
    const { serverMillis, serverShare } = this.options
    // The part of all its connections' time.
    this.#nextAt = now + Math.max(serverMillis, (now - began) / (serverShare * max))
    this.#state = 'resting'
  }

  async #ask(): Promise<ServerAnswer> {
    const { database, options } = this
    const { transactions, ...answer } = await this.broker.withConnection(
      async (client) => {
        const { rows } = await client.query<{ answer: string }>(ask(options.showStatements))
        return JSON.parse(rows[0]!.answer) as Omit<ServerAnswer, 'transactionsPerSecond'> & {
          transactions: number
        }
      },
      { database, connectionTimeoutMillis: PATIENCE_MILLIS, query_timeout: PATIENCE_MILLIS },
    )
    return { ...answer, transactionsPerSecond: this.#rateOf(transactions) }
  }

  /** Since the last look; null at the first, and where the server has begun to count anew. */
  #rateOf(transactions: number): number | null {
    const before = this.#counted
    const at = performance.now()
    this.#counted = { transactions, at }
    if (before === undefined || transactions < before.transactions) return null
    return (1000 * (transactions - before.transactions)) / (at - before.at)
  }
}

function obstacleOf({ paused, idle, connecting, leased, settling }: Sizes) {
  if (paused) return 'paused'
  if (idle > 0) return undefined
  return connecting + leased + settling === 0 ? 'none open' : 'full'
}
