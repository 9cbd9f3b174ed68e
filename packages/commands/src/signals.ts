import { constants } from 'node:os'
import { exitCodeOf, Interrupted } from './exit-codes.js'

/** npm and pnpm pass on the signal that the terminal has already sent: so soon it is not a second Ctrl-C. */
const ECHO_MILLIS = 500

/**
 * Ctrl-C aborts the signal, so that the command may end; a second one ends it at once. Likewise SIGTERM and SIGHUP, and the
 * end of whoever reads what it prints.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  let askedAt = 0
  onSignals((interrupted) => {
    if (!controller.signal.aborted) {
      askedAt = performance.now()
      controller.abort(interrupted)
    } else if (!interrupted.isUnread && performance.now() - askedAt > ECHO_MILLIS) {
      process.exit(exitCodeOf(interrupted))
    }
  })
  return controller.signal
}

/** Ctrl-C, SIGTERM and SIGHUP end the process, and not without its `exit` event as they would by themselves. */
export function exitOnSignals(): void {
  onSignals((interrupted) => process.exit(exitCodeOf(interrupted)))
}

function onSignals(listener: (interrupted: Interrupted) => void): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => listener(new Interrupted(constants.signals[name])))
  onUnread(() => listener(new Interrupted(constants.signals.SIGPIPE)))
}

/** Whoever reads what the process prints has ended, as `head` does, which costs the process no error any more. */
export function onUnread(listener: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      listener()
    })
}
