import type { EventEmitter } from 'node:events'
import pg from 'pg'
import type { Call } from './call-answers.js'

/** A query as `pg.Client` keeps it until it is answered: a `pg.Query`, or what has a `submit` of its own. */
export interface PgQuery {
  text?: unknown
  name?: unknown
  callback?: unknown
  /** Of pg-query-stream. */
  cursor?: { text?: unknown }
  /** Of pg-copy-streams, as of any stream. */
  writableEnded?: boolean
  destroyed?: boolean
  on?: EventEmitter['on']
}

/** The queries that a `pg.Client` has and that are not answered, in three places, and where its session stands. */
export interface PgQueues {
  /** Whose answer comes next. */
  readonly _activeQuery: PgQuery | null | undefined
  /** Sent behind it, in pipeline mode. */
  readonly _sentQueryQueue: readonly PgQuery[]
  /** Not sent yet. */
  readonly _queryQueue: readonly PgQuery[]
  /** Of the last ReadyForQuery. */
  readonly _txStatus: string | null | undefined
}

interface PgInsides extends EventEmitter, PgQueues {
  binary: boolean
  processID: number | null
  pipeline: boolean
  readonly connectionParameters: { readonly query_timeout: number | undefined }
  /** Whether the server waits for a query. */
  readonly readyForQuery?: boolean
  query(...call: Call): unknown
  connect(...call: Call): unknown
  end(...call: Call): unknown
  /** Sends what may be sent now. Called whenever something is to be sent, and whenever the server is ready. */
  _pulseQueryQueue(): void
  /** Fails them all: the connection is gone. */
  _errorAllQueries(error: Error): void
  _handleErrorMessage(message: unknown): void
  _handleCopyInResponse(message: unknown): void
}

/** `pg.Client` with what of its insides is relied on here, and without overloads. */
export const PgClient = pg.Client as unknown as new (config: object) => PgInsides
