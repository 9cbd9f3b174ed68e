import type { IsolationLevel } from '@pglease/client'
import type pg from 'pg'
import type { HostOptions, Hosts } from './hosts.js'

/** How to reach the server: as of `pg.Client`, but for several hosts. */
export type ServerOptions = HostOptions &
  Pick<
    pg.ClientConfig,
    | 'connectionString'
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
  /**
   * An idle connection whose server has said nothing for so long must answer `SELECT 1`, whether or not somebody wants it; one
   * that does not is closed, and where there are fewer than `min` then, another is opened. 0 asks only who is to be lent.
   * Default: 0.
   */
  keepAliveMillis?: number
  /** How long a released connection may take to stop its query and to reset, before it is closed. Default: 5000. */
  cancelTimeoutMillis?: number
  /** A lease held longer is revoked; 0 never. Default: 0. */
  maxLeaseMillis?: number
  /** A lease held longer is told of by a `warning` event; 0 never. Default: 0. */
  leakDetectionMillis?: number
  /**
   * When all attempts to open a connection have failed for so long, a `warning` and an `unreachable` event tell it, and a
   * `reachable` event the end of that; 0 never. Default: 5000.
   */
  unreachableMillis?: number
  /**
   * Whether threads may get the sockets of connections, where the platform has what it takes. Where not, all bytes pass the
   * main thread, and no native code is loaded. Default: the broker's `handOver`.
   */
  handOver?: boolean
  /** Of transactions that do not say their own. Default: the server's. */
  isolationLevel?: IsolationLevel
  /** Whether transactions that do not say so are read-only. Default: the server's. */
  readOnly?: boolean
  /** Whether serializable read-only transactions that do not say so wait for a safe snapshot. Default: the server's. */
  deferrable?: boolean
  /**
   * Whether a parameterised text that repeats within a lease is prepared by itself: from its third use on it is neither sent
   * nor parsed again. Has to be off where a pooler gives each transaction another connection. Default: true, but where a `resetQuery` leaves
   * prepared statements (it says neither `DISCARD ALL` nor `DEALLOCATE ALL`) it is false, and cannot be true.
   *
   * With `'connection'` statements outlive the lease: those that have a `name`, and those whose text a thread sends for the second
   * time, are parsed and planned once for each connection, as long as no lease changes what they mean. Other leases see their
   * texts, in `pg_prepared_statements`, and nothing else of this one. Not with a `resetQuery`.
   */
  prepare?: boolean | 'connection'
  /**
   * Whether `ConnectionBroker.leases` shows the beginning of what each lease has sent last: its text, not its parameters. Costs
   * a thread about a microsecond for each query. Default: false.
   */
  showStatements?: boolean
  /**
   * Whether each query of a task ends in a comment that names the task, for `pg_stat_activity` and the server's log:
   * `/*task='planTour'*\/`. Costs no round trip. Not through `leaseSocket`. Default: false.
   */
  nameTasks?: boolean
  /**
   * Replaces the statements that put the session back to its initial state after each lease. Whatever it leaves, the
   * next lease inherits; only a prepared statement does not stand in the way of a query of the same name. `''` resets
   * nothing but an open transaction. Default: `DISCARD ALL`.
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

/** How many connections a pool has: what `ConnectionBroker.resize` takes. What is left out stays as it is. */
export interface PoolSize {
  /** The most connections open at a time; at least 1. */
  max?: number
  /** Connections kept open when idle; at most `max`. */
  min?: number
}

/** With every default filled in. `min` and `max` change when the pool is resized: they are to be read anew each time. */
export type Database = Omit<ServerOptions, 'targetSessionAttributes'> &
  Required<
    Omit<DatabaseOptions, keyof ServerOptions | 'isolationLevel' | 'readOnly' | 'deferrable' | 'onConnect'>
  > &
  Pick<DatabaseOptions, 'isolationLevel' | 'readOnly' | 'deferrable' | 'onConnect'> & {
    readonly name: string
    /** The name of the broker. */
    readonly broker?: string | undefined
  } & Hosts
