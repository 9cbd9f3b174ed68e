import type { RelayReason } from './statistics.js'

/** What every warning tells. */
interface Signed {
  /** The name of the broker; undefined where it has none. */
  broker?: string | undefined
  /** For people. */
  message: string
}

/**
 * What the broker's `warning` event tells of a lease. Each cause is told when it has come once, ten times, a hundred times and so on;
 * the same task, or the same place, with the same fault is one cause.
 */
export interface LeaseWarning extends Signed {
  /** Stable. */
  code: 'PGLEASE_LEAK' | 'PGLEASE_OPEN_TRANSACTION' | 'PGLEASE_QUERY_NOT_AWAITED' | 'PGLEASE_RESET_FAILED'
  /** Its name in the broker's options. */
  database: string
  /** The thread and the task. */
  holder: string
  /** For how long it has been held, in milliseconds. */
  heldMillis: number
  /** The stack of the call that opened the lease, while `leakDetectionMillis` is set. */
  openedAt: string | undefined
  /** How often this cause has come so far. */
  count: number
}

/** What it tells of a pool whose connections are all leased, when somebody has always waited for ten seconds; as often as a lease's. */
export interface PoolWarning extends Signed {
  /** Stable. */
  code: 'PGLEASE_POOL_FULL'
  /** Its name in the broker's options. */
  database: string
  /** For how long somebody has always waited. */
  sinceMillis: number
  /** How many wait now. */
  waiting: number
  /** Who has the connections, for people. */
  holders: readonly string[]
  /** How often it has been so far, each ten seconds of it counted once. */
  count: number
  /** Only of a `LeaseWarning`. */
  holder?: undefined
  /** Only of a `LeaseWarning`. */
  heldMillis?: undefined
  /** Only of a `LeaseWarning`. */
  openedAt?: undefined
}

/** What it tells of threads' leases that are relayed where the platform could hand over; as often as a lease's, for each reason. */
export interface RelayWarning extends Signed {
  /** Stable. */
  code: 'PGLEASE_RELAYED'
  /** Its name in the broker's options. */
  database: string
  /** Why: as in `stats()`. */
  relayReason: RelayReason
  /** How many leases were so far. */
  count: number
  /** Only of a `LeaseWarning`. */
  holder?: undefined
  /** Only of a `LeaseWarning`. */
  heldMillis?: undefined
  /** Only of a `LeaseWarning`. */
  openedAt?: undefined
}

/** What it tells of a thread that has posted what the library never does; once for each thread. */
export interface ProtocolWarning extends Signed {
  /** Stable. */
  code: 'PGLEASE_PROTOCOL_VIOLATION'
  /** The thread. */
  holder: string
  /** Only of a `LeaseWarning`. */
  database?: undefined
  /** Only of a `LeaseWarning`. */
  heldMillis?: undefined
  /** Only of a `LeaseWarning`. */
  openedAt?: undefined
}

/**
 * What it tells of a database to which no connection could be opened for `unreachableMillis`: each cause once, until one can be
 * again, which is told as well.
 */
export interface ReachWarning extends Signed {
  /** Stable. */
  code: 'PGLEASE_UNREACHABLE' | 'PGLEASE_REACHABLE'
  /** Its name in the broker's options. */
  database: string
  /** How many attempts have failed so far, for whichever cause. */
  failures: number
  /** Since the first of them. */
  awayMillis: number
  /** Why the last one failed; undefined where a connection could be opened. */
  cause: Error | undefined
  /** Only of a `LeaseWarning`. */
  holder?: undefined
  /** Only of a `LeaseWarning`. */
  heldMillis?: undefined
  /** Only of a `LeaseWarning`. */
  openedAt?: undefined
}

/** What the `warning` event tells: `code` says which of them it is. See docs/errors.md. */
export type BrokerWarning = LeaseWarning | PoolWarning | ProtocolWarning | ReachWarning | RelayWarning

export type WarningListener = (warning: BrokerWarning) => void

/** Says which broker it is that warns, where it has a name. */
export function signed<W extends BrokerWarning>(warning: W, broker: string | undefined): W {
  return broker === undefined ? warning : { ...warning, broker, message: `${broker}: ${warning.message}` }
}
