/** The messages that the broker itself writes to a server. */
import { serialize } from 'pg-protocol/dist/serializer.js'

export const syncMessage: Buffer = serialize.sync()
export const flushMessage: Buffer = serialize.flush()
export const terminateMessage: Buffer = serialize.end()

/** Parse, Bind and Execute, without a Sync: if the query fails, the server discards all that follows, up to a Sync. */
export function unsyncedQuery(text: string): Buffer {
  return Buffer.concat([serialize.parse({ text }), serialize.bind(), serialize.execute()])
}

/** A simple Query. `text` may hold several statements; it must not hold a zero byte. */
export function queryMessage(text: string): Buffer {
  return serialize.query(text)
}

/** Ends a copy-in; the server fails the COPY with `reason`, which must not hold a zero byte. */
export function copyFailMessage(reason: string): Buffer {
  return serialize.copyFail(reason)
}
