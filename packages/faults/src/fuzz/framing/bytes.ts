import fc from 'fast-check'

export const FRONTEND = 'BCDEFHPQSXcdf'
export const BACKEND = '123ACDEGHINSTVWZcdnst'

/** A message in the format of both directions. */
export function message(type: string, body: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(body)
  const header = Buffer.alloc(5)
  header.write(type, 'latin1')
  header.writeInt32BE(4 + bytes.length, 1)
  return Buffer.concat([header, bytes])
}

const body = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(Buffer.from('I'), Buffer.from('T'), Buffer.from('E')) },
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => Buffer.alloc(length, 'x')) },
)

/** Whole messages of one direction. */
const messages = (types: string): fc.Arbitrary<Buffer[]> =>
  fc.array(
    fc.tuple(fc.constantFrom(...types), body).map(([type, bytes]) => message(type, bytes)),
    { maxLength: 12 },
  )

/** One change of a stream of bytes, at a place that is taken modulo its length. */
const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('flip', 'set', 'drop', 'insert', 'double'),
  value: fc.oneof(fc.constantFrom(0, 1, 4, 0x7f, 0x80, 0xff), fc.nat(255)),
  count: fc.nat(8),
})

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(stream: Buffer, { at, how, value, count }: Change): Buffer {
  const place = stream.length === 0 ? 0 : at % stream.length
  const [before, behind] = [stream.subarray(0, place), stream.subarray(place)]
  switch (how) {
    case 'drop':
      return Buffer.concat([before, behind.subarray(count)])
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(count, value), behind])
    case 'double':
      return Buffer.concat([before, behind.subarray(0, count), behind])
    default: {
      const next = Buffer.from(stream)
      if (place < next.length) next[place] = how === 'flip' ? next[place]! ^ (1 << (value & 7)) : value
      return next
    }
  }
}

/** Streams of one direction, most of them with an error or two. */
export const stream = (types: string): fc.Arbitrary<Buffer> =>
  fc
    .tuple(messages(types), fc.array(change, { maxLength: 2 }))
    .map(([all, changes]) => changes.reduce(changed, Buffer.concat(all)))

export const cuts = fc.array(fc.nat(), { maxLength: 9 })

/** Cuts the stream at these offsets, taken modulo its length. */
export function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const offsets = at.map((offset) => offset % (whole.length + 1)).sort((one, other) => one - other)
  return [...offsets, whole.length].map((end, index) => whole.subarray(offsets[index - 1] ?? 0, end))
}
