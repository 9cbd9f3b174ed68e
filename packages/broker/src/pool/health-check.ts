import { BrokerClosedError, ConnectError, LeaseLostError, LeaseTimeoutError } from '@pglease/client'
import type { DatabaseHealth, HealthReason } from '../common/health.js'
import type { Database } from '../connection/database-options.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { mayPass } from './connect-failure.js'
import type { ConnectionPool } from './connection-pool.js'

/** How far the check has come. */
interface Progress {
  readonly began: number
  /** When a connection was granted. */
  granted: number | undefined
}

/**
 * Whether a lease on a pool can be had in time, and its server answers. It waits in the line as a lease does, holds its
 * connection for one round trip, and leaves nothing in the session. Never rejects.
 */
export async function checkHealth(
  pool: ConnectionPool,
  database: Database,
  timeoutMillis: number,
): Promise<DatabaseHealth> {
  const progress: Progress = { began: performance.now(), granted: undefined }
  const millis = () => Math.round(performance.now() - progress.began)
  try {
    await answerWithin(pool, database, timeoutMillis, progress)
    return { ok: true, millis: millis() }
  } catch (error) {
    const { code, message } = error as LeaseTimeoutError
    return { ok: false, millis: millis(), reason: reasonOf(error, pool, progress), code, message }
  }
}

/** @throws what a lease would reject with */
function answerWithin(
  pool: ConnectionPool,
  { name }: Database,
  timeoutMillis: number,
  progress: Progress,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const answered = new Promise<void>((resolve, reject) => {
    const lost = (why: string, cause?: unknown) =>
      reject(new LeaseLostError(`A connection to "${name}" ${why}`, { database: name, cause }))
    pool.probe({
      timeoutMillis,
      refused: reject,
      granted: (connection: ServerConnection, answer: Promise<void>) => {
        progress.granted = performance.now()
        const left = Math.max(1, timeoutMillis - (progress.granted - progress.began))
        timer = setTimeout(
          () => lost(`has not answered within ${timeoutMillis} ms, its wait included.`),
          left,
        )
        const where = `(process ${connection.processId} of the server)`
        answer.then(resolve, (cause: Error) => lost(`${where} does not answer: ${cause.message}`, cause))
      },
    })
  })
  return answered.finally(() => clearTimeout(timer))
}

function reasonOf(error: unknown, pool: ConnectionPool, { began, granted }: Progress): HealthReason {
  const { paused, leased, max, connecting } = pool.figures
  if (error instanceof BrokerClosedError || pool.isClosing) return 'closing'
  if (error instanceof ConnectError) return 'refused'
  // What took longer: the wait for a connection, or that for its answer.
  if (granted !== undefined) return granted - began > performance.now() - granted ? 'full' : 'unreachable'
  if (!(error instanceof LeaseTimeoutError)) return 'unreachable'
  if (paused) return 'paused'
  if (leased >= max) return 'full'
  if (error.cause !== undefined) return mayPass(error.cause) ? 'unreachable' : 'refused'
  return connecting > 0 ? 'unreachable' : 'full'
}
