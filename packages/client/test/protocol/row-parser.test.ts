import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { Parser } from 'pg-protocol/dist/parser.js'
import { describe, expect, it } from 'vitest'
import { type Message, RowParser } from '../../src/protocol/row-parser.js'
import { cut, message } from './wire.js'

function dataRow(values: readonly (Uint8Array | null)[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(values.length)
  const parts = values.map((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value?.length ?? -1)
    return Buffer.concat([length, value ?? Buffer.alloc(0)])
  })
  return message('D', Buffer.concat([count, ...parts]))
}

function parsed(parser: Pick<RowParser, 'parse'>, chunks: readonly Buffer[]): Message[] {
  const found: Message[] = []
  // pg's parser moves what is left in the buffer that it was given.
  for (const chunk of chunks) parser.parse(Buffer.from(chunk), (one) => found.push(one))
  return found
}

const text = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((value) => Buffer.from(value))

const value = fc.oneof(
  fc.constant(null),
  text(fc.string({ maxLength: 16 })),
  text(fc.string({ unit: 'grapheme', maxLength: 16 })),
  text(fc.nat({ max: 3000 }).map((length) => 'x'.repeat(length))),
  // As a server may send that checks no encoding.
  fc.uint8Array({ maxLength: 16 }),
)

const sent = fc.oneof(
  { weight: 8, arbitrary: fc.array(value, { maxLength: 9 }).map(dataRow) },
  fc.constantFrom(message('C', 'SELECT 1\0'), message('Z', 'I'), message('1'), message('n'), message('s')),
)

describe('the parser of rows', () => {
  it('tells of the same messages as that of pg, however the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.array(sent, { maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 9 }),
        (messages, cuts) => {
          const chunks = cut(Buffer.concat(messages), cuts)
          const found = parsed(new RowParser(), chunks)
          expect(found).toHaveLength(messages.length)
          expect(found).toStrictEqual(parsed(new Parser() as never, chunks))
        },
      ),
    )
  })

  it('makes values that keep nothing else in memory', async () => {
    const program = fileURLToPath(new URL('../programs/keep-values.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
    expect(Number(stdout)).toBeGreaterThan(40)
    expect(Number(stdout)).toBeLessThan(200)
  })
})
