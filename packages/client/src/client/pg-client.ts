import type { EventEmitter } from 'node:events'
import pg from 'pg'
import { DatabaseError } from 'pg-protocol'
import { ConfigurationError } from '../common/errors.js'
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

/** What the interfaces above name: a method of its prototype, or a field from its constructor on. */
const INSIDES: readonly (keyof PgInsides)[] = [
  ...([
    '_activeQuery',
    '_sentQueryQueue',
    '_queryQueue',
    '_txStatus',
    'connectionParameters',
    'pipeline',
  ] as const),
  ...(['_pulseQueryQueue', '_errorAllQueries', '_handleErrorMessage', '_handleCopyInResponse'] as const),
]

/** @throws ConfigurationError when pg is one that this library does not know. */
function known(found: typeof pg): typeof pg {
  // Without what would make it look up the environment.
  const client = new found.Client({ host: 'nowhere', ssl: false })
  const missing = INSIDES.filter((name) => !(name in client)).map((name) => `Client has no ${String(name)}`)
  if (!('_pendingQueue' in new found.Pool())) missing.push('Pool has no _pendingQueue')
  if (missing.length > 0)
    throw new ConfigurationError(
      `This pg is not known to pglease: its ${missing.join(', its ')}. Install pg 8.23 or a later 8.x.`,
      { option: 'pg' },
    )
  if (found.DatabaseError !== DatabaseError)
    throw new ConfigurationError(
      'pg and pglease have each a pg-protocol of their own, and would not know each other’s errors. Install one for both: ' +
        'a version that pg takes, 1.16.1 or later.',
      { option: 'pg-protocol' },
    )
  return found
}

/** The user's own pg. */
export const knownPg = known(pg)

/** `pg.Client` with what of its insides is relied on here, and without overloads. */
export const PgClient = knownPg.Client as unknown as new (config: object) => PgInsides
