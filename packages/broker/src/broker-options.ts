import type { BrokerWarning, ReachWarning } from './common/warnings.js'
import type { DatabaseOptions } from './connection/database-options.js'

/** What a broker is made of. */
export interface BrokerOptions<Name extends string = string> {
  /** Tells it from others of the process in warnings, in the messages of channels, and in metrics. Default: none. */
  name?: string
  /** By name; a lease that names none is on `default`. */
  databases: Record<Name, DatabaseOptions>
  /**
   * Whether threads may get the sockets of connections: see `DatabaseOptions`. Where it is false for all databases no native
   * code is loaded. Default: true.
   */
  handOver?: boolean
}

/** What an attached thread may do. */
export interface AttachOptions<Name extends string = string> {
  /** The databases that this thread may lease. Default: all. */
  databases?: readonly Name[]
}

/** Options of a lease of the main thread, with the names of its broker's databases. */
export type On<Name extends string, Options> = Omit<Options, 'database'> & { database?: Name }

/** How a broker closes. */
export interface CloseOptions {
  /** How long holders may finish, in milliseconds, before their queries are cancelled. Default: 5000. */
  timeoutMillis?: number
}

/** What of a database is opened anew. */
export interface RecycleOptions {
  /** Takes leased connections back as well; their holders get a `LeaseRevokedError`. Default: false. */
  force?: boolean
}

/** What a health check looks at. */
export interface HealthcheckOptions<Name extends string = string> {
  /** The one to look at. Default: all. */
  database?: Name
  /** How long that may take, in milliseconds, from 1 on. Default: 1000. */
  timeoutMillis?: number
}

/** What a broker emits. */
export interface BrokerEvents {
  /**
   * A lease was held too long, or released in an open transaction; a thread has posted what the library never does; no connection
   * could be opened for long. See "Warnings" in docs/errors.md.
   */
  warning: [BrokerWarning]
  /** No connection to a database could be opened for its `unreachableMillis`; told by a `warning` as well. */
  unreachable: [ReachWarning]
  /** One could be opened again. */
  reachable: [ReachWarning]
}
