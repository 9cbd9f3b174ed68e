import { type RetryingTask, retried } from '../common/retried.js'
import type { WithConnectionOptions } from './client-options.js'
import type { Leased } from './leased.js'
import type { LeasedClient } from './leased-client.js'
import { checkTransactionCall } from './option-checks.js'
import type { RetryOptions } from './transaction-options.js'
import { withConnection } from './with-connection.js'

/** Of a transaction with a lease of its own. */
export interface TransactionOptions extends WithConnectionOptions, RetryOptions {}

type Work<T> = (client: LeasedClient) => Promise<T> | T

/**
 * Runs `work` in a transaction on a leased connection: commits it when `work` resolves, rolls it back when it rejects, and
 * gives the connection back. What another try may mend, as a serialization failure or a deadlock, is tried again from the
 * beginning, with a new lease: `work` must be fit to be called again. `client.withTransaction` within it is a savepoint.
 * @throws what the last try of `work` throws; the server's error when it does not commit; the signal's reason; a
 *   `TransactionError` when it was rolled back although `work` has resolved, because the error of a query was caught, or when
 *   `work` has ended it by itself.
 */
export function withTransaction<T>(work: Work<T>, options: TransactionOptions = {}): Promise<T> {
  return transact(withConnection, work, options)
}

type Lease = <T>(work: Work<T>, options: WithConnectionOptions) => Promise<T>

/** `withTransaction` on a lease that somebody else gives, a task perhaps. */
export async function transact<T>(
  lease: Lease,
  work: Work<T>,
  options: TransactionOptions,
  task?: RetryingTask,
): Promise<T> {
  checkTransactionCall(work, options)
  const { isolationLevel, readOnly, deferrable, retries, isRetryable, ...leaseOptions } = options
  const mode = { isolationLevel, readOnly, deferrable }
  const attempt = () =>
    lease((client) => (client as LeasedClient & Leased).transactions.once(work, mode, 'leave'), leaseOptions)
  return retried(attempt, { retries, isRetryable, signal: options.signal }, task)
}
