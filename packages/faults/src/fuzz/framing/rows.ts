import { RowParser } from '@pglease/client/internal'
import fc from 'fast-check'
import { Parser } from 'pg-protocol/dist/parser.js'
import { mustBeSame, propertyTarget } from '../property-target.js'
import { cut, cuts, message } from './bytes.js'

const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 16 }).map((text) => Buffer.from(text)),
  fc.nat(3000).map((length) => Buffer.alloc(length, 'x')),
  fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
)

/** What a broken server might say of a value's length, or of their number, in place of the truth. */
const lie = fc.option(
  fc.record({
    what: fc.constantFrom('length', 'count', 'missing bytes', 'more bytes'),
    of: fc.nat(9),
    says: fc.constantFrom(-2, -(2 ** 31), 0, 1, 5, 100, 70_000, 2 ** 31 - 1, 0x7fff, -1),
  }),
  { nil: undefined, freq: 4 },
)

type Lie = typeof lie extends fc.Arbitrary<infer T> ? T : never

function dataRow(values: readonly (Buffer | null)[], told: Lie): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(told?.what === 'count' ? (told.says << 16) >> 16 : values.length)
  const parts = values.map((each, at) => {
    const length = Buffer.alloc(4)
    const isLie = told?.what === 'length' && told.of % values.length === at
    length.writeInt32BE(isLie ? told.says : (each?.length ?? -1))
    return Buffer.concat([length, each ?? Buffer.alloc(0)])
  })
  const body = Buffer.concat([count, ...parts])
  if (told?.what === 'missing bytes')
    return message('D', body.subarray(0, Math.max(0, body.length - told.of - 1)))
  return message('D', told?.what === 'more bytes' ? Buffer.concat([body, Buffer.alloc(told.of + 1)]) : body)
}

interface Row {
  values: (Buffer | null)[]
  told: Lie
}

const row: fc.Arbitrary<Row> = fc.record({ values: fc.array(value, { maxLength: 9 }), told: lie })

/** Whether the message says that it holds more than it does, or less than nothing. */
function isImpossible({ values, told }: Row): boolean {
  const body = dataRow(values, told).subarray(5)
  if (body.length < 2 || body.readInt16BE() < 0) return true
  let at = 2
  for (let left = body.readInt16BE(); left > 0; left--) {
    if (at + 4 > body.length) return true
    const length = body.readInt32BE(at)
    at += 4 + Math.max(0, length)
    if (length < -1 || at > body.length) return true
  }
  return false
}

type Parsing = { parse(bytes: Buffer, callback: (message: unknown) => void): unknown }

/** The messages up to the first that is refused. */
function parse(parser: Parsing, chunks: readonly Buffer[]): unknown[] {
  const found: unknown[] = []
  try {
    // pg's parser moves what is left in the buffer that it was given.
    for (const chunk of chunks) parser.parse(Buffer.from(chunk), (each) => found.push(each))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    found.push('wrong')
  }
  return found
}

export const rows = propertyTarget(
  'rows',
  fc.record({ rows: fc.array(row, { maxLength: 20 }), cuts }),
  ({ rows: all, cuts: at }) => {
    const bytes = Buffer.concat([...all.map(({ values, told }) => dataRow(values, told)), message('Z', 'I')])
    const [whole, split] = [parse(new RowParser(), [bytes]), parse(new RowParser(), cut(bytes, at))]
    mustBeSame(split, whole, `cut at ${at}`)
    if (all.every(({ told }) => told === undefined))
      mustBeSame(whole, parse(new Parser() as never, [bytes]), "what pg's parser says")
    const firstWrong = all.findIndex(isImpossible)
    if (firstWrong !== -1) mustBeSame(whole[firstWrong], 'wrong', 'a row that cannot be')
  },
)
