/** What is published of connections. Nothing is made of it while nobody listens. */
import { channels, type DatabaseMessage } from '../common/channels.js'
import type { CloseReason } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'

interface Named {
  readonly name: string
  readonly broker?: string | undefined
}

/** @param since when it was begun to be opened. */
export function tellOpened(database: Named, { processId, openedAt }: ServerConnection, since: number): void {
  if (!channels.connectionOpened.hasSubscribers) return
  channels.connectionOpened.publish({ ...about(database), processId, connectMillis: openedAt - since })
}

/** @param since when it was begun to be opened. */
export function tellFailed(database: Named, error: Error, since: number): void {
  if (!channels.connectionFailed.hasSubscribers) return
  channels.connectionFailed.publish({ ...about(database), error, connectMillis: performance.now() - since })
}

export function tellClosed(database: Named, connection: ServerConnection, reason: CloseReason): void {
  if (!channels.connectionClosed.hasSubscribers) return
  const { processId, openedAt, uses } = connection
  const ageMillis = performance.now() - openedAt
  channels.connectionClosed.publish({ ...about(database), processId, reason, ageMillis, uses })
}

function about({ name, broker }: Named): DatabaseMessage {
  return { broker, database: name }
}
