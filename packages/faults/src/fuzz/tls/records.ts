import fc from 'fast-check'

/** What becomes of sealed records on their way. */
export const change = fc.record({
  how: fc.constantFrom('flip', 'drop', 'double', 'swap', 'cut off', 'insert'),
  at: fc.nat(),
  value: fc.nat(255),
})

export type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** A record of TLS: its type, its version, and its length in two bytes (RFC 8446, section 5.1). */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 <= bytes.length ? at + 5 + bytes.readUInt16BE(at + 3) : bytes.length
    found.push(bytes.subarray(at, end))
    at = end
  }
  return found
}

export function changed(bytes: Buffer, { how, at, value }: Change): Buffer {
  if (bytes.length === 0) return bytes
  const all = records(bytes)
  const place = at % all.length
  switch (how) {
    case 'flip': {
      const next = Buffer.from(bytes)
      next[at % next.length]! ^= 1 << (value & 7)
      return next
    }
    case 'drop':
      return Buffer.concat(all.filter((_, index) => index !== place))
    case 'double':
      return Buffer.concat(all.flatMap((each, index) => (index === place ? [each, each] : [each])))
    case 'swap':
      return Buffer.concat([...all.slice(place), ...all.slice(0, place)])
    case 'cut off':
      return bytes.subarray(0, at % bytes.length)
    case 'insert':
      return Buffer.concat([
        bytes.subarray(0, at % bytes.length),
        Buffer.alloc(1 + (value % 7), value),
        bytes.subarray(at % bytes.length),
      ])
    default:
      throw new Error(`Nothing is known of ${how satisfies never}`)
  }
}
