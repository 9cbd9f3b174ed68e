import { KeptStatements, statementId, syncMessage } from '@pglease/client/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutKeptParse } from '../../src/lease/kept-parse.js'

const TEXT = 'SELECT $1::text AS ä'
const id = statementId(TEXT)
const kept = new KeptStatements()
kept.add(id)

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(body)
  const header = Buffer.alloc(5, type)
  header.writeInt32BE(4 + bytes.length, 1)
  return Buffer.concat([header, bytes])
}

const close = (type: 'S' | 'P', name: string) => message('C', `${type}${name}\0`)
const parseOnly = (name: string, text = TEXT) => message('P', `${name}\0${text}\0\0\0`)
const parse = (name: string, text = TEXT) => Buffer.concat([close('S', name), parseOnly(name, text)])
const behind = Buffer.concat([message('B', `\0${id.name}\0\0\0\0\0\0\0`), syncMessage])

test('the Close and the Parse of a kept statement are left out, and nothing else', () => {
  expect(withoutKeptParse(Buffer.concat([parse(id.name), behind]), kept)).toEqual(behind)
})

test.each([
  ['of another text', parse(id.name, 'SELECT 1')],
  ['of another name', parse('mine')],
  ['without a name', parseOnly('')],
  ['that does not end in the bytes', parse(id.name).subarray(0, -3)],
  ['that begins in the middle', parse(id.name).subarray(1)],
  ['of a portal', close('P', id.name)],
  ['of nothing', Buffer.alloc(0)],
])('what is not a kept statement stays: one %s', (_what, first) => {
  expect(withoutKeptParse(first, kept)).toBe(first)
})

test('any bytes are taken', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (head, tail) => {
      const bytes = Buffer.concat([head, parse(id.name).subarray(0, tail.length), tail])
      expect(withoutKeptParse(bytes, kept).length).toBeLessThanOrEqual(bytes.length)
    }),
  )
})
