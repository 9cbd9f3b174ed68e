import { expect, test } from 'vitest'
import { knownText } from '../../src/client/known-text.js'

test('a text is known when it is sent for the second time, one of the user’s own name at once', () => {
  expect(knownText('SELECT 1', false)).toBeUndefined()
  expect(knownText('SELECT 1', false)).toMatchObject({ kind: 'repeatable' })
  expect(knownText('SELECT 2', true)).toMatchObject({ kind: 'repeatable' })
})

test('one that is too long to be looked at is never known, for a thousand of them would fill the memory', () => {
  const long = `SELECT '${'x'.repeat(9000)}'`
  for (const isNamed of [false, false, true, true]) expect(knownText(long, isNamed)).toBeUndefined()
})
