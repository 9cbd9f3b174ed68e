import { LeaseLostError, LeaseReleasedError, LeaseRevokedError } from '@pglease/client'

export function heldTooLong(database: string, limit: number): LeaseRevokedError {
  const message = `The lease on "${database}" was held for longer than maxLeaseMillis, ${limit} ms.`
  return new LeaseRevokedError(message, { database, limit })
}

export function abortedBefore(database: string): LeaseRevokedError {
  return new LeaseRevokedError(`The task was aborted before its lease on "${database}" began.`, { database })
}

/** What its holder has not awaited. */
export function answeredTooLate(database: string, limit: number): LeaseReleasedError {
  const message = `The lease on "${database}" was released, and what it had sent was not answered within cancelTimeoutMillis, ${limit} ms.`
  return new LeaseReleasedError(message, { database, limit })
}

export function saidGoodbye(database: string): LeaseLostError {
  return new LeaseLostError('The client has said goodbye to the server', { database })
}
