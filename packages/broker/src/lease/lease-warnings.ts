import type { LeaseRequest } from '@pglease/client/internal'
import type { LeaseWarning } from '../common/warnings.js'

/** What a warning tells of a lease. */
interface WarnedLease {
  readonly request: LeaseRequest
  readonly holder: string
  readonly heldSince: number
}

export function ofLeak(lease: WarnedLease, leakDetectionMillis: number): LeaseWarning {
  const { database, openedAt } = lease.request
  const where = openedAt === undefined ? '' : `\nThe lease was opened${openedAt.replace(/^\w+/, '')}`
  const message = `${lease.holder} has held a lease on "${database}" for longer than ${leakDetectionMillis} ms.${where}`
  return { code: 'PGLEASE_LEAK', message, ...about(lease) }
}

export function ofTransaction(lease: WarnedLease): LeaseWarning {
  const { database } = lease.request
  const message = `${lease.holder} released a lease on "${database}" in an open transaction, which was rolled back.`
  return { code: 'PGLEASE_OPEN_TRANSACTION', message, ...about(lease) }
}

function about({ request, holder, heldSince }: WarnedLease) {
  const { database, openedAt } = request
  return { database, holder, heldMillis: Math.round(performance.now() - heldSince), openedAt }
}
