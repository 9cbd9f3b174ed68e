import type pg from 'pg'
import type { LeaseOptions } from '../lease/contract.js'

/** How the worker's `pg.Client` uses its lease: as of `pg.ClientConfig`. The broker does not hear of it. */
export interface ClientOptions {
  /** Gives the parsers of values, in place of pg's own. */
  types?: pg.CustomTypesConfig
  /** Sends each query at once, behind those that have no answer yet. Refuses cursors. Default: false. */
  pipeline?: boolean
  /** Asks for results in the binary format. The values are parsed as texts all the same. Default: false. */
  binary?: boolean
  /**
   * A query rejects after so many milliseconds. The server goes on with it until the lease is released or
   * `cancelQuery` is called. Default: 0, never.
   */
  query_timeout?: number
  /** The class of the promises that `query`, `connect` and `end` give. Deprecated by pg, which says so. */
  Promise?: PromiseConstructorLike
}

/** What a leased client is asked for with. */
export interface LeasedClientOptions extends LeaseOptions, ClientOptions {}

export interface WithConnectionOptions extends LeasedClientOptions {
  /**
   * Aborts the wait for a connection and the query under way, which is cancelled on the server, and takes the lease back; the
   * call rejects with the signal's reason once `work` has settled: what else it waits for is its own to end.
   */
  signal?: AbortSignal
}

export interface PoolOptions extends LeasedClientOptions {
  /** The most clients handed out at a time; whoever wants more waits in this thread. Default: no limit. */
  max?: number
}

const CLIENT_OPTIONS: readonly string[] = [
  'types',
  'pipeline',
  'binary',
  'query_timeout',
  'Promise',
] satisfies (keyof ClientOptions)[]

/** The part that the broker is asked with. Options that have no other are not copied: it costs as much as a small query. */
export function leaseOptions(options: LeasedClientOptions): LeaseOptions {
  if (!CLIENT_OPTIONS.some((name) => name in options)) return options
  return Object.fromEntries(Object.entries(options).filter(([name]) => !CLIENT_OPTIONS.includes(name)))
}
