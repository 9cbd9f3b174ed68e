import type { Failure } from '../faults/fault.js'
import type { ToldError } from '../subject/messages.js'

const BY_CODE: Readonly<Record<string, Failure>> = {
  PGLEASE_LEASE_LOST: 'lost',
  PGLEASE_LEASE_REVOKED: 'revoked',
  PGLEASE_BROKER_CLOSED: 'closed',
  // A thread's first word to its broker came when that had closed.
  PGLEASE_NOT_ATTACHED: 'closed',
  PGLEASE_EXECUTOR_CLOSED: 'closed',
  PGLEASE_LEASE_TIMEOUT: 'timeout',
  PGLEASE_CONNECT: 'refused',
  // admin_shutdown, crash_shutdown: said before the connection ends.
  '57P01': 'lost',
  '57P02': 'lost',
}

/** What has happened to a task that has done nothing wrong; undefined for what should never happen to it. */
export function failureOf({ code, message }: ToldError): Failure | undefined {
  if (code === 'PGLEASE_LEASE_TIMEOUT' && message.includes('no connection can be opened'))
    return 'unreachable'
  // By a server that reads its client's end in the middle of a COPY: it closes behind it.
  const isEnd =
    message === 'Connection terminated unexpectedly' || message.startsWith('unexpected EOF on client')
  return BY_CODE[code] ?? (isEnd ? 'lost' : undefined)
}
