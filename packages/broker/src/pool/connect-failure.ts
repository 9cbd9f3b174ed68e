import { isPassing, isWithin } from '@pglease/client/internal'
import { PassingError } from '../connection/passing-error.js'

/** Of a hook's statement that took too long, or that somebody has cancelled. */
const CANCELLED = '57014'

/** PgBouncer gives one state to all that it says by itself. These pass; a parameter that it does not take does not. */
const POOLER_STATE = '08P01'
const REFUSED_WORDS = /unsupported/i
const PASSING_WORDS =
  /cannot connect|failing|timeout|try again|no more connections|server down|crashed|shut|paused/i

/**
 * Whether the same attempt to open a session may succeed later, if nobody changes anything. What is not known to pass does
 * not: a refusal (password, role, database, parameter), an option, a certificate, and whatever a hook throws.
 */
export function mayPass(error: unknown): boolean {
  return isWithin(error, (each) => {
    if (each instanceof PassingError) return true
    const { code, message, syscall, name } = each
    // A parameter has its name in the message, as `statement_timeout`, which is no timeout.
    if (code === POOLER_STATE)
      return !REFUSED_WORDS.test(String(message)) && PASSING_WORDS.test(String(message))
    // A Unix socket that is not there yet.
    const isMissing = code === 'ENOENT' && syscall === 'connect'
    return isPassing(code) || code === CANCELLED || name === 'TimeoutError' || isMissing || undefined
  })
}
