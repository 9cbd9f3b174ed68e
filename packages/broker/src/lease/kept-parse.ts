import { Close, type KeptStatements, Parse, statementId } from '@pglease/client/internal'

const LENGTH_BYTES = 4
const STATEMENT = 'S'.charCodeAt(0)

/**
 * A lease's first bytes, without the Close and the Parse at their beginning where the server keeps the statement: the thread has
 * written them before it knew which connection it would have.
 */
export function withoutKeptParse(bytes: Uint8Array, kept: KeptStatements): Uint8Array {
  if (bytes[0] !== Close || bytes[1 + LENGTH_BYTES] !== STATEMENT) return bytes
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parseAt = endOfMessage(all, 0)
  if (all[parseAt] !== Parse) return bytes
  const end = endOfMessage(all, parseAt)
  const nameAt = parseAt + 1 + LENGTH_BYTES
  const nameEnd = all.indexOf(0, nameAt)
  const textEnd = all.indexOf(0, nameEnd + 1)
  if (nameEnd === -1 || textEnd === -1 || textEnd >= end) return bytes
  const id = statementId(all.subarray(nameEnd + 1, textEnd))
  const isKept = kept.has(id) && all.toString('utf8', nameAt, nameEnd) === id.name
  return isKept ? bytes.subarray(end) : bytes
}

/** Where the message ends that begins there; the end of the bytes, where it does not end in them. */
function endOfMessage(bytes: Buffer, at: number): number {
  const lengthAt = at + 1
  if (lengthAt + LENGTH_BYTES > bytes.length) return bytes.length
  return Math.min(bytes.length, lengthAt + bytes.readUInt32BE(lengthAt))
}
