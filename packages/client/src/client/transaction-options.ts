import { type Check, callable, checkOptions, whole, wrong } from '../common/option-check.js'
import type { IsolationLevel } from '../lease/contract.js'
import { LEASE_OPTION_CHECKS } from '../lease/lease-checks.js'

/** How a transaction begins: as of `BEGIN`. What is not given is the database's own setting. */
export interface TransactionMode {
  /** What the transaction sees of others. */
  isolationLevel?: IsolationLevel | undefined
  /** Whether it may not write. */
  readOnly?: boolean | undefined
  /** Whether a serializable read-only transaction waits for a safe snapshot. */
  deferrable?: boolean | undefined
}

/** How often a transaction is tried. */
export interface RetryOptions {
  /**
   * How often the whole transaction is done again when it fails of what another try may mend, with a pause before each that
   * grows and is random: up to 10 ms, 20 ms, … 1 s. `work` is called anew each time. Default: 5.
   */
  retries?: number | undefined
  /** Whether another try may mend this error. Default: the library's `isRetryable`. */
  isRetryable?: ((error: unknown) => boolean) | undefined
}

/** Of the transaction of a client that exists. */
export interface ClientTransactionOptions extends TransactionMode, RetryOptions {}

/** The statement that begins such a transaction. */
export function beginStatement({ isolationLevel, readOnly, deferrable }: TransactionMode): string {
  let statement = 'BEGIN'
  if (isolationLevel !== undefined) statement += ` ISOLATION LEVEL ${isolationLevel.toUpperCase()}`
  if (readOnly !== undefined) statement += readOnly ? ' READ ONLY' : ' READ WRITE'
  if (deferrable !== undefined) statement += deferrable ? ' DEFERRABLE' : ' NOT DEFERRABLE'
  return statement
}

const MODE = {
  isolationLevel: LEASE_OPTION_CHECKS.isolationLevel,
  readOnly: LEASE_OPTION_CHECKS.readOnly,
  deferrable: LEASE_OPTION_CHECKS.deferrable,
} satisfies Record<keyof TransactionMode, Check>

export const RETRY_CHECKS = { retries: whole(0), isRetryable: callable } satisfies Record<
  keyof RetryOptions,
  Check
>

/** @throws ConfigurationError */
export function checkTransaction(work: unknown, options: ClientTransactionOptions): void {
  const complaint = callable(work)
  if (complaint !== undefined) throw wrong('withTransaction.work', work, complaint)
  checkOptions('withTransaction', options, { ...MODE, ...RETRY_CHECKS })
}

/**
 * A savepoint begins nothing that has options, and is not done again by itself: what the server asks to be done again is the
 * whole transaction.
 * @throws ConfigurationError
 */
export function checkNested(options: ClientTransactionOptions): void {
  const given = Object.entries(options).find(([, value]) => value !== undefined)
  if (given === undefined) return
  throw wrong(
    `withTransaction.${given[0]}`,
    given[1],
    'left out here: within a transaction this is a savepoint. Give it to the outermost withTransaction',
  )
}
