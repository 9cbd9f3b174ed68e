/** What the broker's `warning` event tells of a lease. */
export interface LeaseWarning {
  /** Stable. */
  code: 'PGLEASE_LEAK' | 'PGLEASE_OPEN_TRANSACTION' | 'PGLEASE_QUERY_NOT_AWAITED' | 'PGLEASE_RESET_FAILED'
  message: string
  database: string
  /** The thread and the task. */
  holder: string
  heldMillis: number
  /** The stack of the call that opened the lease, while `leakDetectionMillis` is set. */
  openedAt: string | undefined
}

/** What it tells of a thread that has posted what the library never does; once for each thread. */
export interface ProtocolWarning {
  /** Stable. */
  code: 'PGLEASE_PROTOCOL_VIOLATION'
  message: string
  /** The thread. */
  holder: string
  database?: undefined
  heldMillis?: undefined
  openedAt?: undefined
}

/**
 * What it tells of a database to which no connection could be opened for `unreachableMillis`: each cause once, until one can be
 * again, which is told as well.
 */
export interface ReachWarning {
  /** Stable. */
  code: 'PGLEASE_UNREACHABLE' | 'PGLEASE_REACHABLE'
  message: string
  database: string
  /** How many attempts have failed so far, for whichever cause. */
  failures: number
  /** Since the first of them. */
  awayMillis: number
  /** Why the last one failed; undefined where a connection could be opened. */
  cause: Error | undefined
  holder?: undefined
  heldMillis?: undefined
  openedAt?: undefined
}

export type BrokerWarning = LeaseWarning | ProtocolWarning | ReachWarning

export type WarningListener = (warning: BrokerWarning) => void
