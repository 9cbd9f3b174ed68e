import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/common/errors.js'
import { backendTypes } from '../../src/protocol/backend-types.js'
import { frontendTypes } from '../../src/protocol/frontend-types.js'
import { MessageScanner } from '../../src/protocol/message-scanner.js'
import { cut, message } from './wire.js'

/** Type, first body byte and offset of the end in the whole stream, of every message found. */
function scan(scanner: MessageScanner, chunks: readonly Uint8Array[]): [number, number, number][] {
  const found: [number, number, number][] = []
  let before = 0
  for (const chunk of chunks) {
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
      found.push([scanner.type, scanner.first, before + at])
    }
    before += chunk.length
  }
  return found
}

function typeOf(types: Uint8Array): fc.Arbitrary<string> {
  return fc
    .constantFrom(...[...types.keys()].filter((type) => types[type] === 1))
    .map((type) => String.fromCharCode(type))
}

const body = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 400 }))

describe.each([
  ['the frontend', frontendTypes],
  ['the server', backendTypes],
])('messages of %s', (_, types) => {
  const stream = fc.array(fc.tuple(typeOf(types), body), { maxLength: 30 })

  it('are the same however their bytes are split', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 60 }), (sent, at) => {
        const parts = sent.map(([type, bytes]) => message(type, bytes))
        let end = 0
        const expected = sent.map(([type, bytes], index) => {
          end += parts[index]!.length
          return [type.charCodeAt(0), bytes[0] ?? -1, end]
        })
        const scanner = new MessageScanner(types)
        expect(scan(scanner, cut(Buffer.concat(parts), at))).toEqual(expected)
        expect(scanner.atBoundary).toBe(true)
      }),
    )
  })

  it('are the same byte by byte', () => {
    fc.assert(
      fc.property(stream, (sent) => {
        const bytes = Buffer.concat(sent.map(([type, content]) => message(type, content)))
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
        expect(scan(new MessageScanner(types), single)).toEqual(scan(new MessageScanner(types), [bytes]))
      }),
    )
  })

  it('are at a boundary exactly between two of them', () => {
    fc.assert(
      fc.property(stream, fc.nat(), (sent, nat) => {
        const parts = sent.map(([type, content]) => message(type, content))
        const bytes = Buffer.concat(parts)
        const end = nat % (bytes.length + 1)
        const boundaries = parts.map((_part, index) => Buffer.concat(parts.slice(0, index + 1)).length)
        const scanner = new MessageScanner(types)
        scan(scanner, [bytes.subarray(0, end)])
        expect(scanner.atBoundary).toBe(end === 0 || boundaries.includes(end))
      }),
    )
  })

  it('are refused from the first byte that cannot begin one', () => {
    const bad = fc.nat({ max: 255 }).filter((byte) => types[byte] !== 1)
    fc.assert(
      fc.property(bad, stream, fc.array(fc.nat()), (byte, before, at) => {
        const good = before.map(([type, content]) => message(type, content))
        const bytes = Buffer.concat([...good, Uint8Array.of(byte)])
        expect(() => scan(new MessageScanner(types), cut(bytes, at))).toThrow(ProtocolError)
      }),
    )
  })

  it('are refused when their length field cannot be', () => {
    const length = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: -1 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 2 ** 30 + 5, max: 2 ** 31 - 1 }),
    )
    fc.assert(
      fc.property(typeOf(types), length, fc.array(fc.nat()), (type, length, at) => {
        const bytes = message(type, 'body')
        bytes.writeInt32BE(length, 1)
        expect(() => scan(new MessageScanner(types), cut(bytes, at))).toThrow(ProtocolError)
      }),
    )
  })
})

it('finds the end of a message of a gigabyte without keeping its bytes', () => {
  const scanner = new MessageScanner(backendTypes)
  const header = message('D')
  header.writeInt32BE(2 ** 30 + 4, 1)
  const chunk = new Uint8Array(2 ** 20)
  expect(scan(scanner, [header, ...Array(1023).fill(chunk)])).toEqual([])
  expect(scanner.atBoundary).toBe(false)
  expect(scan(scanner, [chunk])).toEqual([['D'.charCodeAt(0), 0, chunk.length]])
})

it('tells where the whole messages of a chunk end', () => {
  const chunk = Buffer.concat([message('1'), message('C', 'SELECT 1\0'), message('Z', 'I').subarray(0, 5)])
  expect(scan(new MessageScanner(backendTypes), [chunk]).map(([, , end]) => end)).toEqual([5, 19])
})
