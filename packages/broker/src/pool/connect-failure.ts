import { PassingError } from '../connection/passing-error.js'

/**
 * What waiting may mend, of appendix A of the PostgreSQL documentation: connection exceptions, insufficient resources, what
 * the operators do, system errors, and of a hook's statements what other sessions were in the way of.
 */
const PASSING_STATES = /^(08...|53...|57P0[1235]|57014|580[03]0|40...|55P03|55006)$/

/** PgBouncer gives one state to all that it says by itself. These pass; a parameter that it does not take does not. */
const POOLER_STATE = '08P01'
const PASSING_WORDS =
  /cannot connect|failing|timeout|try again|no more connections|server down|crashed|shut|paused/i

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
 * Whether the same attempt to open a session may succeed later, if nobody changes anything. What is not known to pass does
 * not: a refusal (password, role, database, parameter), an option, a certificate, and whatever a hook throws.
 */
export function mayPass(error: unknown, depth = 0): boolean {
  if (depth > MOST_CAUSES || typeof error !== 'object' || error === null) return false
  if (error instanceof PassingError) return true
  const { code, message, syscall, name, cause, errors } = error as Record<string, unknown>
  if (code === POOLER_STATE) return PASSING_WORDS.test(String(message))
  if (PASSING_CODES.has(code) || PASSING_STATES.test(String(code)) || name === 'TimeoutError') return true
  // A Unix socket that is not there yet.
  if (code === 'ENOENT' && syscall === 'connect') return true
  // Of each address that a name has, and of what a hook or a password's function has met with.
  const within = Array.isArray(errors) ? [cause, ...errors] : [cause]
  return within.some((each) => mayPass(each, depth + 1))
}
