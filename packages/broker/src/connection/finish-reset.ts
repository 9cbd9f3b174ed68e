import { syncMessage } from '@pglease/client/internal'
import type { ServerConnection } from './server-connection.js'
import { untilAnswered } from './until-answered.js'

/**
 * Waits, as the connection's user, for the answer to a reset that a worker has sent, and for the server to be idle behind it.
 * @throws Error when the session was not reset, when the time is over, or when the connection is lost.
 */
export async function finishReset(connection: ServerConnection, timeoutMillis: number): Promise<void> {
  if (!connection.isOpen) throw new Error('The connection is gone')
  connection.resume()
  const { tracker } = connection
  if (tracker.owed === 0) connection.send(syncMessage)
  await untilAnswered(connection, timeoutMillis, `No reset within ${timeoutMillis} ms`, () => {
    if (tracker.owed > 0) return 'not yet'
    return tracker.state === 'idle' ? 'done' : new Error(`The session is ${tracker.state} after its reset`)
  })
}
