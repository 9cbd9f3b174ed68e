import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { Parser } from 'pg-protocol/dist/parser.js'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/common/errors.js'
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
          expect(found).toEqual(parsed(new Parser() as never, chunks))
        },
      ),
    )
  })

  it('reads every message or throws, and looks at nothing behind it', () => {
    const types = [...'DTESNAKRZCGHWdct123nsIvV\\']
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      // Small numbers, texts and their ends: what lengths and counts are made of.
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 2, 4, 10, 65, 255), { maxLength: 40 })
        .map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...types), body, (type, content) => {
        const one = message(type, content)
        const told = (behind: Buffer) => {
          const parser = new RowParser()
          const found: Message[] = []
          try {
            parser.parse(Buffer.concat([one, behind]), (each) => found.push(each))
          } catch (error) {
            expect(error).toBe(parser.fault)
            expect(error).toBeInstanceOf(ProtocolError)
            return String(error)
          }
          return found[0]
        }
        // Whatever it might read too far would differ.
        expect(told(Buffer.alloc(0))).toEqual(told(message('N', 'SWARNING\0Mnothing\0\0')))
      }),
      { numRuns: 5000 },
    )
  })

  it('lets through what the listener of a message throws', () => {
    const parser = new RowParser()
    const thrown = new ProtocolError('of the listener')
    const listen = () => {
      throw thrown
    }
    expect(() => parser.parse(message('Z', 'I'), listen)).toThrow(thrown)
    expect(parser.fault).toBeUndefined()
  })

  it('makes values that keep nothing else in memory', async () => {
    const program = fileURLToPath(new URL('../programs/keep-values.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
    expect(Number(stdout)).toBeGreaterThan(40)
    expect(Number(stdout)).toBeLessThan(200)
  })
})
