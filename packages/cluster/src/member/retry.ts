import {
  BrokerClosedError,
  ExecutorClosedError,
  isRetryable,
  PgleaseError,
  ThreadEndedError,
} from '@pglease/broker'

/**
 * Whether the queue is to run the job again. What `isRetryable` says holds for any work; this work does nothing twice, so it may
 * also be done again where nobody knows how far it has come: a thread or a process that has ended, a COMMIT without an answer.
 */
export function mayRunAgain(error: unknown): boolean {
  if (isRetryable(error)) return true
  const mayHaveCommitted = error instanceof PgleaseError && error.outcome === 'unknown'
  const wasCutOff =
    error instanceof ThreadEndedError ||
    error instanceof ExecutorClosedError ||
    error instanceof BrokerClosedError
  return mayHaveCommitted || wasCutOff
}
