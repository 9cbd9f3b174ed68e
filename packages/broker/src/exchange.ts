import { queryMessage } from '@pglease/client/internal'
import type { ServerConnection } from './server-connection.js'

/**
 * Sends simple queries in one write and waits, as the connection's user, for all their answers; the connection must be in
 * step.
 * @throws Error when one fails, when the time is over, or when the connection is lost.
 */
export function exchange(
  connection: ServerConnection,
  queries: readonly string[],
  timeoutMillis: number,
): Promise<void> {
  if (!connection.isOpen) return Promise.reject(new Error('The connection is gone'))
  return new Promise((resolve, reject) => {
    // The socket keeps the process alive while an answer is due; a user who has taken over no longer wants this one.
    const timer = setTimeout(
      () => reject(new Error(`No answer within ${timeoutMillis} ms`)),
      timeoutMillis,
    ).unref()
    const settle = (error?: Error) => {
      clearTimeout(timer)
      if (error === undefined) resolve()
      else reject(error)
    }
    connection.use({
      received: () => {
        const { owed, failed } = connection.tracker
        if (owed > 0) return
        settle(failed ? new Error(`The server refused: ${queries.join('; ')}`) : undefined)
      },
      drained: () => {},
      lost: settle,
    })
    connection.resume()
    connection.send(Buffer.concat(queries.map(queryMessage)))
  })
}
