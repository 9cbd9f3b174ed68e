import { queryMessage } from '@pglease/client/internal'
import { EMPTY_QUERY, QueryAnswers } from './query-answers.js'
import type { ServerConnection } from './server-connection.js'
import { untilAnswered } from './until-answered.js'

/** The server is there, and does not do what it is asked to. */
export class RefusedError extends Error {}

/**
 * Sends simple queries in one write and waits, as the connection's user, for all their answers; the connection must be in
 * step.
 * @throws RefusedError when one fails, Error when the answers are those of other queries, when the time is over, or when the
 *   connection is lost.
 */
export async function exchange(
  connection: ServerConnection,
  queries: readonly string[],
  timeoutMillis: number,
): Promise<void> {
  if (!connection.isOpen) throw new Error('The connection is gone')
  connection.resume()
  const answers = new QueryAnswers(queries)
  connection.send(Buffer.concat(queries.map(queryMessage)))
  await untilAnswered(connection, timeoutMillis, `No answer within ${timeoutMillis} ms`, (chunk) => {
    answers.take(chunk)
    const { owed, failed } = connection.tracker
    if (answers.isWrong && !failed) return new Error('The server has answered other queries')
    if (owed > 0) return 'not yet'
    return failed
      ? new RefusedError(`The server refused: ${queries.filter((query) => query !== EMPTY_QUERY).join('; ')}`)
      : 'done'
  })
}
