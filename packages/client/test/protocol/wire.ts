import { serialize } from 'pg-protocol/dist/serializer.js'

/** Parse, Bind, Describe and Execute of one statement, without a Sync. */
export function extended(text: string, rows = 0): Buffer {
  const describe = serialize.describe({ type: 'P' })
  return Buffer.concat([serialize.parse({ text }), serialize.bind(), describe, serialize.execute({ rows })])
}

/** A message in the format of both directions. */
export function message(type: string, body: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(body)
  const header = Buffer.alloc(5)
  header.write(type, 'latin1')
  header.writeInt32BE(4 + bytes.length, 1)
  return Buffer.concat([header, bytes])
}

/** Messages with an empty body by their type bytes; `Z` is followed by its status, as in `CZI`. */
export function messages(types: string): Buffer {
  const found = types.match(/Z[ITE]|[^Z]/g) ?? []
  return Buffer.concat(found.map((type) => message(type.charAt(0), type.slice(1))))
}

/** Cuts the stream at these offsets, taken modulo its length. */
export function cut(stream: Buffer, at: readonly number[]): Buffer[] {
  const offsets = at.map((offset) => offset % (stream.length + 1)).sort((a, b) => a - b)
  return [...offsets, stream.length].map((end, index) => stream.subarray(offsets[index - 1] ?? 0, end))
}
