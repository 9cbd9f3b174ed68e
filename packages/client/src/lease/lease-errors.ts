import { LeaseLostError, LeaseReleasedError, PgleaseError, ProtocolError } from '../common/errors.js'

/** In the words of `pg`, by which programs know it; but a server that does not keep to the protocol is told of as such. */
export function connectionLost(database: string, cause: Error): LeaseLostError | ProtocolError {
  if (cause instanceof ProtocolError) return cause
  return new LeaseLostError('Connection terminated unexpectedly', { database, cause })
}

export function brokerGone(database: string): LeaseLostError {
  const message = 'The broker has closed, or its thread has ended: the lease is lost.'
  return new LeaseLostError(message, { database })
}

export function released(database: string): LeaseReleasedError {
  return new LeaseReleasedError(
    `The lease on "${database}" has been released. Use it only within its task, or lease again.`,
    { database },
  )
}

/** Each further use of a client whose connection is gone fails in the words of `pg`; one that was taken back says so. */
export function lostBefore(database: string, error: Error): Error {
  if (error instanceof PgleaseError && !(error instanceof LeaseLostError)) return error
  const message = 'Client has encountered a connection error and is not queryable'
  return new LeaseLostError(message, { database, cause: error })
}
