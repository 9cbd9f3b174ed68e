import { serialize } from 'pg-protocol/dist/serializer.js'
import { describe, expect, test } from 'vitest'
import { behindReset, canResetAhead } from '../../src/protocol/reset-ahead.js'

describe('behind a reset', () => {
  const reset = Buffer.concat([
    serialize.parse({ text: 'DISCARD ALL' }),
    serialize.bind(),
    serialize.execute(),
  ])

  test('travels what brings an answer by itself', () => {
    const query = serialize.query('SELECT 1')
    expect(behindReset(query, true)).toEqual(Buffer.concat([reset, query]))
  })

  test('travels a part of a message, and the answer to the reset is asked for', () => {
    const part = serialize.query('SELECT 1').subarray(0, 7)
    expect(behindReset(part, false)).toEqual(Buffer.concat([reset, serialize.flush(), part]))
  })
})

test.each([
  ['18.4 (Debian 18.4-1.pgdg12+1)', true],
  ['15.0', true],
  ['19beta1', true],
  ['14.22', false],
  ['9.6.24', false],
  ['', false],
])('a server of version "%s" can be sent a reset ahead: %s', (version, can) => {
  expect(canResetAhead(version)).toBe(can)
})
