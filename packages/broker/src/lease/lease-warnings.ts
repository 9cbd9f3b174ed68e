import type { LeaseRequest, NotAwaitedFrame } from '@pglease/client/internal'
import type { LeaseWarning } from '../common/warnings.js'

/** What a warning tells of a lease. */
interface WarnedLease {
  readonly request: LeaseRequest
  readonly holder: string
  /** 0 before its grant. */
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

export function ofReset(lease: WarnedLease, reason: string): LeaseWarning {
  const { database } = lease.request
  const message =
    `A connection to "${database}" could not be reset behind ${lease.holder}, and is closed, as each is that cannot. ` +
    reason
  return { code: 'PGLEASE_RESET_FAILED', message, ...about(lease) }
}

/** The lease may have begun without the broker, which then does not know its task. */
export function ofNotAwaited(
  lease: WarnedLease,
  thread: string,
  { notAwaited, task }: NotAwaitedFrame,
): LeaseWarning {
  const { database } = lease.request
  const holder = task === undefined ? thread : `task ${task} on ${thread}`
  const message = `${holder} did not await a query on "${database}" before the end of its lease: ${notAwaited}`
  return { code: 'PGLEASE_QUERY_NOT_AWAITED', message, ...about(lease), holder }
}

function about({ request, holder, heldSince }: WarnedLease) {
  const { database, openedAt } = request
  const heldMillis = heldSince === 0 ? 0 : Math.round(performance.now() - heldSince)
  return { database, holder, heldMillis, openedAt }
}
