import pg from 'pg'
import {
  BrokerClosedError,
  LeaseLostError,
  LeaseReleasedError,
  PgleaseError,
  ProtocolError,
} from '../common/errors.js'

/**
 * In the words of the server where it has said something, else in those of `pg`: programs know it by them. But a server that
 * does not keep to the protocol is told of as such.
 */
export function connectionLost(database: string, cause: Error): LeaseLostError | ProtocolError {
  if (cause instanceof ProtocolError) return cause
  const message = cause instanceof pg.DatabaseError ? cause.message : 'Connection terminated unexpectedly'
  return new LeaseLostError(message, { database, cause })
}

export function brokerGone(database: string): BrokerClosedError {
  const message = `The broker has closed, or serves this thread no more: "${database}" cannot be leased.`
  return new BrokerClosedError(message, { database })
}

export function released(database: string): LeaseReleasedError {
  return new LeaseReleasedError(
    `The lease on "${database}" has been released. Ask for a new one: connect() of the pool that it was of, ` +
      `context.database("${database}") in the task that it was of, else withConnection(), on the main thread the broker’s.`,
    { database },
  )
}

/** Each further use of a client whose connection is gone fails in the words of `pg`; one that was taken back says so. */
export function lostBefore(database: string, error: Error): Error {
  if (error instanceof PgleaseError && !(error instanceof LeaseLostError)) return error
  const message = 'Client has encountered a connection error and is not queryable'
  const isUnknown = error instanceof LeaseLostError && error.outcome === 'unknown'
  const lost = new LeaseLostError(message, { database, cause: error })
  return isUnknown ? withUnknownOutcome(lost) : lost
}

/** Something may have been done although its answer is lost. */
export function withUnknownOutcome<E extends Error>(error: E): E {
  return Object.assign(error, { retryable: false, outcome: 'unknown' })
}
