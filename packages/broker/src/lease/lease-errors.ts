import { LeaseLostError, LeaseRevokedError } from '@pglease/client'

export function heldTooLong(database: string, limit: number): LeaseRevokedError {
  const message = `The lease on "${database}" was held for longer than maxLeaseMillis, ${limit} ms.`
  return new LeaseRevokedError(message, { database, limit })
}

export function saidGoodbye(database: string): LeaseLostError {
  return new LeaseLostError('The client has said goodbye to the server', { database })
}
