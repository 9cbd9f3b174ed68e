/** The fields that say what happened, beyond the message. All survive the crossing between threads. */
export interface PgleaseErrorFields {
  /** The database of the broker's configuration that this is about. */
  database?: string
  /** The option that was wrong, as a path: `databases.default.max`. */
  option?: string
  /** The wrong value, of an option that is not meant for a secret. */
  value?: unknown
  /** The limit that was reached. */
  limit?: number
  /** How long the caller had waited, in milliseconds. */
  waitedMillis?: number
  /** Who held the connections while the caller waited: thread and task names. */
  holders?: readonly string[]
  /** Whether something may have been done although its answer is lost: then the error is not `retryable`. */
  outcome?: 'unknown'
}

/**
 * The base of every error of this library. `code` is stable, messages are not. The object has the same shape in the
 * worker and on the main thread.
 */
export abstract class PgleaseError extends Error implements PgleaseErrorFields {
  /** Stable: to tell errors by. */
  abstract readonly code: string
  /**
   * Whether the same work, done again from its beginning, may succeed without a change by the caller. False where it may
   * have been done already: see `outcome`.
   */
  abstract readonly retryable: boolean
  declare readonly database?: string
  declare readonly option?: string
  declare readonly value?: unknown
  declare readonly limit?: number
  declare readonly waitedMillis?: number
  declare readonly holders?: readonly string[]
  declare readonly outcome?: 'unknown'

  constructor(message: string, fields: PgleaseErrorFields & { cause?: unknown } = {}) {
    const { cause, ...rest } = fields
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    Object.assign(this, rest)
  }
}

/** One whose `retryable` depends on how it came about. */
abstract class RetryableAtTimesError extends PgleaseError {
  readonly retryable: boolean

  constructor(
    message: string,
    { retryable = false, ...fields }: PgleaseErrorFields & { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, fields)
    this.retryable = retryable
  }
}

/** An option is missing, misspelt, of the wrong type or out of range. Thrown when constructed, before any work. */
export class ConfigurationError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_CONFIGURATION'
  readonly retryable = false
}

/** A lease names a database that the broker has not, or that this thread may not lease. */
export class UnknownDatabaseError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_UNKNOWN_DATABASE'
  readonly retryable = false
}

/** No connection came free within `connectionTimeoutMillis`. */
export class LeaseTimeoutError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_LEASE_TIMEOUT'
  readonly retryable = true
}

/** `maxWaiting` leases were waiting already. */
export class QueueFullError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_QUEUE_FULL'
  readonly retryable = true
}

/**
 * No connection can be opened, and waiting does not help: a password, role, database, parameter or certificate is refused, an
 * option is none, or `onConnect` has failed; `cause` says which.
 */
export class ConnectError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_CONNECT'
  readonly retryable = false
}

/** A lease was used or released after its release. */
export class LeaseReleasedError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_LEASE_RELEASED'
  readonly retryable = false
}

/**
 * The broker took the lease back: `recycle` with force, or `maxLeaseMillis`. Not `retryable` when a COMMIT was
 * under way, or a statement outside of a transaction that may write: its `outcome` is unknown then.
 */
export class LeaseRevokedError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_LEASE_REVOKED'
  readonly retryable: boolean = true
}

/**
 * The server connection of the lease broke; `cause` is the server's last word (a `DatabaseError` of severity FATAL) where
 * it was heard, else the network's. Not `retryable` when a COMMIT was under way, or a statement outside of a transaction
 * that may write: its `outcome` is unknown then.
 */
export class LeaseLostError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_LEASE_LOST'
  readonly retryable: boolean = true
}

/**
 * The broker is closing or closed: it gives no lease, and has taken back those that were not released in time. Then, as with a
 * `LeaseRevokedError`, the `outcome` may be unknown.
 */
export class BrokerClosedError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_BROKER_CLOSED'
  readonly retryable = false
}

/** The thread asked for a lease, but no broker answers it. */
export class NotAttachedError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_NOT_ATTACHED'
  readonly retryable = false
}

/** A control message that is not a call of one of the broker's methods. */
export class ForbiddenCallError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_FORBIDDEN_CALL'
  readonly retryable = false
}

/** The executor is closing or closed. */
export class ExecutorClosedError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_EXECUTOR_CLOSED'
  readonly retryable = false
}

/** The task module cannot be loaded or has no function of that name. */
export class UnknownTaskError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_UNKNOWN_TASK'
  readonly retryable = false
}

/**
 * The thread ended in the middle of the task: `process.exit()`, out of memory, or an uncaught error. Nobody knows how far the
 * task has come. Or none has begun it, because none could start, or because it ended right before: then it is `retryable`.
 */
export class ThreadEndedError extends RetryableAtTimesError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_THREAD_ENDED'
}

/** The task ran for longer than `timeoutMillis`, and was aborted. What it had committed before stays. */
export class TaskTimeoutError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_TASK_TIMEOUT'
  readonly retryable = false
}

/**
 * A transaction was rolled back although its work had resolved: the error of one of its queries was caught (`cause`), or
 * transactions of one client overlapped. It is `retryable` when its cause is.
 */
export class TransactionError extends RetryableAtTimesError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_TRANSACTION'
}

/** Bytes that are no messages of the Postgres protocol. The connection is closed. */
export class ProtocolError extends PgleaseError {
  /** Stable: to tell errors by. */
  readonly code = 'PGLEASE_PROTOCOL'
  readonly retryable = false
}

/** Every class above, for reviving an error on the other side of a thread boundary. */
export const ERROR_CLASSES = [
  ConfigurationError,
  UnknownDatabaseError,
  LeaseTimeoutError,
  QueueFullError,
  ConnectError,
  LeaseReleasedError,
  LeaseRevokedError,
  LeaseLostError,
  BrokerClosedError,
  NotAttachedError,
  ForbiddenCallError,
  ExecutorClosedError,
  UnknownTaskError,
  ThreadEndedError,
  TaskTimeoutError,
  TransactionError,
  ProtocolError,
] as const
