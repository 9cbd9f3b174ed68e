import type { LeaseRequest, NotAwaitedFrame } from '@pglease/client/internal'
import { soOften } from '../common/counted-warnings.js'
import type { LeaseWarning } from '../common/warnings.js'

/** What a warning tells of a lease. */
interface WarnedLease {
  readonly request: LeaseRequest
  readonly task: string | undefined
  readonly holder: string
  /** 0 before its grant. */
  readonly heldSince: number
}

export function ofLeak(lease: WarnedLease, leakDetectionMillis: number, count: number): LeaseWarning {
  const { database, openedAt } = lease.request
  const where = openedAt === undefined ? '' : `\nThe lease was opened${openedAt.replace(/^\w+/, '')}`
  const message =
    `${lease.holder} has held a lease on "${database}" for longer than ${leakDetectionMillis} ms${soOften(count)}. ` +
    `Release it as soon as its queries are done, or let withConnection do so.${where}`
  return { code: 'PGLEASE_LEAK', message, ...about(lease), count }
}

export function ofTransaction(lease: WarnedLease, count: number): LeaseWarning {
  const { database } = lease.request
  const message =
    `${lease.holder} released a lease on "${database}" in an open transaction, which was rolled back${soOften(count)}. ` +
    'End it with COMMIT or ROLLBACK, or use withTransaction.'
  return { code: 'PGLEASE_OPEN_TRANSACTION', message, ...about(lease), count }
}

export function ofReset(lease: WarnedLease, reason: string, count: number): LeaseWarning {
  const { database } = lease.request
  const message =
    `A connection to "${database}" could not be reset behind ${lease.holder}, and is closed, as each is that cannot` +
    `${soOften(count)}. See to what resetQuery and onConnect say: ${reason}`
  return { code: 'PGLEASE_RESET_FAILED', message, ...about(lease), count }
}

/** @param frame tells the task of a lease that may have begun without the broker. */
export function ofNotAwaited(
  lease: WarnedLease,
  thread: string,
  { notAwaited, task }: NotAwaitedFrame,
  count: number,
): LeaseWarning {
  const { database } = lease.request
  const holder = task === undefined ? thread : `task ${task} on ${thread}`
  const message =
    `${holder} did not await a query on "${database}" before the end of its lease${soOften(count)}: ${notAwaited}\n` +
    'Await it, or return its promise: nobody hears of its failure.'
  return { code: 'PGLEASE_QUERY_NOT_AWAITED', message, ...about(lease), holder, count }
}

/** What the same fault of two leases is one cause of: the task, wherever it runs, and the place where that is known. */
export function causeOf({ request, task, holder }: WarnedLease): string {
  return `${task ?? (request.openedAt === undefined ? holder : '')} ${request.openedAt}`
}

function about({ request, holder, heldSince }: WarnedLease) {
  const { database, openedAt } = request
  const heldMillis = heldSince === 0 ? 0 : Math.round(performance.now() - heldSince)
  return { database, holder, heldMillis, openedAt }
}
