import { constants } from 'node:os'
import { Interrupted } from './exit-codes.js'

/** npm and pnpm pass on the signal that the terminal has already sent: so soon it is not a second Ctrl-C. */
const ECHO_MILLIS = 500

/**
 * Ctrl-C asks the demo to end, a second one ends it at once; likewise SIGTERM and SIGHUP.
 * The embedded server ends with the process in any case.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  let askedAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const number = constants.signals[name]
    process.on(name, () => {
      if (!controller.signal.aborted) {
        askedAt = performance.now()
        controller.abort(new Interrupted(number))
      } else if (performance.now() - askedAt > ECHO_MILLIS) {
        process.exit(128 + number)
      }
    })
  }
  return controller.signal
}
