/** What is published of connections. Nothing is made of it while nobody listens. */
import { channels } from '../common/channels.js'
import type { CloseReason } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'

interface Named {
  readonly name: string
}

/** @param since when it was begun to be opened. */
export function tellOpened({ name }: Named, { processId, openedAt }: ServerConnection, since: number): void {
  if (!channels.connectionOpened.hasSubscribers) return
  channels.connectionOpened.publish({ database: name, processId, connectMillis: openedAt - since })
}

/** @param since when it was begun to be opened. */
export function tellFailed({ name }: Named, error: Error, since: number): void {
  if (!channels.connectionFailed.hasSubscribers) return
  channels.connectionFailed.publish({ database: name, error, connectMillis: performance.now() - since })
}

export function tellClosed({ name }: Named, connection: ServerConnection, reason: CloseReason): void {
  if (!channels.connectionClosed.hasSubscribers) return
  const { processId, openedAt, uses } = connection
  const ageMillis = performance.now() - openedAt
  channels.connectionClosed.publish({ database: name, processId, reason, ageMillis, uses })
}
