/** The messages that the broker itself writes to a server. */
import { serialize } from 'pg-protocol/dist/serializer.js'

export const syncMessage: Buffer = serialize.sync()
export const terminateMessage: Buffer = serialize.end()

/** A simple Query. `text` may hold several statements; it must not hold a zero byte. */
export function queryMessage(text: string): Buffer {
  return serialize.query(text)
}

/** Ends a copy-in; the server fails the COPY with `reason`, which must not hold a zero byte. */
export function copyFailMessage(reason: string): Buffer {
  return serialize.copyFail(reason)
}

/**
 * What a second connection sends, alone and in place of its start-up, to cancel the query of the first.
 *
 * @param secretKey of BackendKeyData: a number in protocol 3.0, up to 256 bytes from protocol 3.2 on
 */
export function cancelRequest(processId: number, secretKey: number | Uint8Array): Buffer {
  if (typeof secretKey === 'number') return serialize.cancel(processId, secretKey)
  const header = serialize.cancel(processId, 0).subarray(0, 12)
  header.writeInt32BE(header.length + secretKey.length, 0)
  return Buffer.concat([header, secretKey])
}
