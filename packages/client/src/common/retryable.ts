import { attempt } from './values.js'

/**
 * Of appendix A of the PostgreSQL documentation: connection exceptions, transactions that were rolled back for others'
 * sake, insufficient resources, what the operators do, system errors, and locks that others hold. Not among them are those
 * that leave it open whether a transaction was committed (08007, 40003), or that come again (08P01, 40002).
 */
const PASSING_STATES = /^(08(?!007|P01)...|40(?!002|003)...|53...|55P03|55006|57P0[1235]|580[03]0)$/

/** Of the network and of the system's limits. Of names only the servers of names that are out of reach. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET', 'EADDRNOTAVAIL', 'EADDRINUSE'],
  ...['EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
  ...['EAI_AGAIN', 'EAI_MEMORY', 'EAI_SYSTEM'],
])

/** Deep enough for any honest chain of causes, and an end for a circular one. */
const MOST_CAUSES = 8

/**
 * Whether the work that failed so may succeed when it is done once more from its beginning, the whole transaction or the
 * whole task, without a change by the caller, and is not known to be done, or perhaps done, already. An error of pglease
 * says so itself, in `retryable`; others are known by the server's SQLSTATE and by Node's codes, and an error that is not
 * known by those of its `cause`, `parent`, `driverError` and `errors`. It need not be of a class that this thread knows.
 */
export function isRetryable(error: unknown): boolean {
  const look = ({ code, retryable }: Looked) =>
    isOwn(code) && typeof retryable === 'boolean' ? retryable : isPassing(code) || undefined
  return attempt(() => isWithin(error, look)) ?? false
}

/** Whether this SQLSTATE or code of Node's tells of what waiting may mend. */
export function isPassing(code: unknown): boolean {
  return PASSING_CODES.has(code) || (typeof code === 'string' && PASSING_STATES.test(code))
}

type Looked = Record<string, unknown>

/**
 * Whether an error is what is looked for, or one within it.
 * @param look true or false when there is no need to look deeper
 */
export function isWithin(error: unknown, look: (error: Looked) => boolean | undefined, depth = 0): boolean {
  if (depth > MOST_CAUSES || typeof error !== 'object' || error === null) return false
  const found = look(error as Looked)
  if (found !== undefined) return found
  const { cause, parent, driverError, errors } = error as Looked
  const within = [cause, parent, driverError, ...(Array.isArray(errors) ? errors : [])]
  return within.some((each) => isWithin(each, look, depth + 1))
}

function isOwn(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('PGLEASE_')
}
