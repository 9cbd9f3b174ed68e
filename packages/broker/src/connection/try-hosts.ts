import type { Host } from './hosts.js'
import { roundsOf, type SessionAttributes } from './session-attributes.js'

/** No host of several would do; `errors` says of each why, in the order in which they were tried. */
class HostsError extends Error {
  readonly errors: readonly Error[]

  constructor(message: string, errors: readonly Error[]) {
    super(message)
    this.errors = errors
  }
}

/** One attempt at one host. */
export interface Attempt {
  readonly host: Host
  readonly wanted: Exclude<SessionAttributes, 'prefer-standby'>
  /** 0 is none. */
  readonly limitMillis: number
  /** To be called once the session is what is asked for: what fails from then on is the same with any host. */
  chosen(): void
}

/** Of the server while it starts, recovers or shuts down: libpq goes on to the next host then, but not for what else it says. */
const CANNOT_CONNECT_NOW = '57P03'

/**
 * Tries the hosts in their order until one will do, as libpq does. Each gets its part of the time limit, so that one that is
 * silent leaves time for the others.
 * @throws the error of the only host; else a HostsError, or the error of a host whose server has refused
 */
export async function tryHosts<T>(
  hosts: readonly Host[],
  wanted: SessionAttributes,
  limitMillis: number,
  stop: AbortSignal,
  open: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const rounds = hosts.length === 1 ? roundsOf(wanted).slice(-1) : roundsOf(wanted)
  const attempts = rounds.flatMap((each) => hosts.map((host) => ({ host, wanted: each })))
  const deadline = performance.now() + limitMillis
  const failures: Failure[] = []
  for (const [at, attempt] of attempts.entries()) {
    const left = Math.max(1, (deadline - performance.now()) / (attempts.length - at))
    let isChosen = false
    const chosen = () => {
      isChosen = true
    }
    try {
      return await open({ ...attempt, limitMillis: limitMillis === 0 ? 0 : Math.round(left), chosen })
    } catch (error) {
      const isRefused = isOfServer(error) && error.code !== CANNOT_CONNECT_NOW
      if (hosts.length === 1 || isChosen || isRefused || stop.aborted) throw error
      failures.push({ label: attempt.host.label, error: error as Error })
    }
  }
  throw new HostsError(
    failures.map(describe).join('; '),
    failures.map(({ error }) => error),
  )
}

interface Failure {
  label: string | undefined
  error: Error
}

function describe({ label, error }: Failure): string {
  return `${label}: ${error.message || Object(error).code || error.name}`
}

/** Whether it is an ErrorResponse: all of these have a severity. */
function isOfServer(error: unknown): error is { code: string } {
  const { severity, code } = Object(error)
  return typeof severity === 'string' && typeof code === 'string'
}
