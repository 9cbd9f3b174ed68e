/** The messages that the broker itself writes to a server. */
import { serialize } from 'pg-protocol'

export const syncMessage: Buffer = serialize.sync()
export const flushMessage: Buffer = serialize.flush()
export const terminateMessage: Buffer = serialize.end()

/** Close of the unnamed portal, which need not be there. */
export const closeMessage: Buffer = serialize.close({ type: 'P' })
export const bindMessage: Buffer = serialize.bind()
export const executeMessage: Buffer = serialize.execute()

export function parseMessage(text: string): Buffer {
  return serialize.parse({ text })
}

/** Fails, because there is no such portal: the server undoes what no Sync has followed, and the Sync ends that. */
export const undoAndSync: Buffer = Buffer.concat([
  serialize.execute({ portal: 'pglease: the lease is over' }),
  syncMessage,
])

/** A simple Query. `text` may hold several statements; it must not hold a zero byte. */
export function queryMessage(text: string): Buffer {
  return serialize.query(text)
}

/** Ends a copy-in; the server fails the COPY with `reason`, which must not hold a zero byte. */
export function copyFailMessage(reason: string): Buffer {
  return serialize.copyFail(reason)
}
