import type { IsolationLevel } from '@pglease/client'
import { ConfigurationError } from '@pglease/client'
import type pg from 'pg'
import {
  anything,
  type Check,
  callable,
  checkOptions,
  either,
  flag,
  millis,
  number,
  oneOf,
  seconds,
  text,
  whole,
  wrong,
} from '../common/option-check.js'

/** How to reach the server: as of `pg.Client`. */
export type ServerOptions = Pick<
  pg.ClientConfig,
  | 'connectionString'
  | 'host'
  | 'port'
  | 'user'
  | 'password'
  | 'database'
  | 'ssl'
  | 'keepAlive'
  | 'keepAliveInitialDelayMillis'
  | 'application_name'
  | 'fallback_application_name'
  | 'client_encoding'
  | 'options'
  | 'statement_timeout'
  | 'lock_timeout'
  | 'idle_in_transaction_session_timeout'
  | 'enableChannelBinding'
  | 'sslnegotiation'
>

/** One database of the broker: how to reach it, and its pool. Times are in milliseconds unless their name says otherwise. */
export interface DatabaseOptions extends ServerOptions {
  /** The most connections open at a time. Default: 10. */
  max?: number
  /** Connections kept open when idle; `broker.ready()` opens them. Default: 0. */
  min?: number
  /** The longest wait for a connection, and for the server to accept one; 0 waits without end. Default: 30000. */
  connectionTimeoutMillis?: number
  /** An idle connection above `min` is closed after this; 0 keeps it. Default: 10000. */
  idleTimeoutMillis?: number
  /** A connection is closed after so many leases. Default: 0, without limit. */
  maxUses?: number
  /** A connection is closed when older, less up to a tenth so that not all go at once; 0 keeps it. Default: 0. */
  maxLifetimeSeconds?: number
  /**
   * Leases that may wait while all `max` connections are leased; one more is refused with a `QueueFullError`. Default: no
   * limit.
   */
  maxWaiting?: number
  /** A connection idle for longer must answer `SELECT 1` before it is lent. Default: 500. */
  validateAfterIdleMillis?: number
  /** How long that answer may take. Default: 2000. */
  validateTimeoutMillis?: number
  /** How long a released connection may take to stop its query and to reset, before it is closed. Default: 5000. */
  cancelTimeoutMillis?: number
  /** A lease held longer is revoked; 0 never. Default: 0. */
  maxLeaseMillis?: number
  /** A lease held longer is told of by a `warning` event; 0 never. Default: 0. */
  leakDetectionMillis?: number
  /** Of transactions that do not say their own. Default: the server's. */
  isolationLevel?: IsolationLevel
  readOnly?: boolean
  deferrable?: boolean
  /**
   * Replaces the statements that put the session back to its initial state after each lease. Whatever it leaves, the
   * next lease inherits. `''` resets nothing but an open transaction. Default: `DISCARD ALL`.
   *
   * From PostgreSQL 15 on the default travels ahead of the next lease's first query, or alone after a few
   * milliseconds, and costs no wait of its own. Any other is awaited before the connection is lent again.
   */
  resetQuery?: string
  /**
   * Called once with each new connection, before it is first lent. Settings made here are kept by every reset; custom
   * ones, as `app.tenant`, when a query of the hook names them.
   */
  onConnect?: (client: pg.Client) => unknown
}

/** With every default filled in. */
export type Database = ServerOptions &
  Required<
    Omit<DatabaseOptions, keyof ServerOptions | 'isolationLevel' | 'readOnly' | 'deferrable' | 'onConnect'>
  > &
  Pick<DatabaseOptions, 'isolationLevel' | 'readOnly' | 'deferrable' | 'onConnect'> & {
    readonly name: string
  }

const DEFAULTS = {
  max: 10,
  min: 0,
  connectionTimeoutMillis: 30_000,
  idleTimeoutMillis: 10_000,
  maxUses: 0,
  maxLifetimeSeconds: 0,
  maxWaiting: Number.POSITIVE_INFINITY,
  validateAfterIdleMillis: 500,
  validateTimeoutMillis: 2000,
  cancelTimeoutMillis: 5000,
  maxLeaseMillis: 0,
  leakDetectionMillis: 0,
  resetQuery: 'DISCARD ALL',
}

export const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
]

const CHECKS: Record<keyof DatabaseOptions, Check> = {
  connectionString: text,
  host: text,
  port: whole(1),
  user: text,
  password: either(text, callable),
  database: text,
  ssl: anything,
  sslnegotiation: oneOf('postgres', 'direct'),
  keepAlive: flag,
  keepAliveInitialDelayMillis: millis,
  application_name: text,
  fallback_application_name: text,
  client_encoding: text,
  options: text,
  statement_timeout: either(millis, oneOf(false)),
  lock_timeout: millis,
  idle_in_transaction_session_timeout: millis,
  enableChannelBinding: flag,
  max: whole(1),
  min: whole(0),
  connectionTimeoutMillis: millis,
  idleTimeoutMillis: millis,
  maxUses: either(whole(0), oneOf(Number.POSITIVE_INFINITY)),
  maxLifetimeSeconds: seconds,
  maxWaiting: either(whole(0), oneOf(Number.POSITIVE_INFINITY)),
  validateAfterIdleMillis: millis,
  validateTimeoutMillis: millis,
  cancelTimeoutMillis: millis,
  maxLeaseMillis: millis,
  leakDetectionMillis: millis,
  isolationLevel: oneOf(...ISOLATION_LEVELS),
  readOnly: flag,
  deferrable: flag,
  resetQuery: text,
  onConnect: callable,
}

/** Checks one database's options and fills in the defaults. @throws ConfigurationError */
export function readDatabase(name: string, options: DatabaseOptions): Database {
  const path = `databases.${name}`
  checkOptions(path, options, CHECKS, name)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const database: Database = { ...DEFAULTS, ...given, name }
  if (database.min > database.max) {
    throw wrong(`${path}.min`, database.min, `at most ${path}.max, which is ${database.max}`, name)
  }
  checkConnectionString(path, database)
  return database
}

/** An address that pg would misread silently is told of here. */
function checkConnectionString(path: string, { connectionString, name }: Database): void {
  if (
    connectionString === undefined ||
    connectionString.startsWith('/') ||
    connectionString.startsWith('socket:')
  )
    return
  const protocol = URL.canParse(connectionString) ? new URL(connectionString).protocol : undefined
  if (protocol === 'postgres:' || protocol === 'postgresql:') return
  // A Unix socket's folder as the host, percent-encoded, is no URL to every parser.
  if (/^postgres(ql)?:\/\//.test(connectionString)) return
  throw new ConfigurationError(
    `${path}.connectionString is not a Postgres URL. It must look like postgres://user:password@host:5432/database.`,
    { option: `${path}.connectionString`, database: name },
  )
}

export const LEASE_CHECKS: Record<string, Check> = {
  database: text,
  isolationLevel: oneOf(...ISOLATION_LEVELS),
  readOnly: flag,
  deferrable: flag,
  priority: number,
  connectionTimeoutMillis: millis,
  task: text,
  openedAt: text,
}
