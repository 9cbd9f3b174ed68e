import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wrapWords } from '../src/index.js'

test('lines are broken between words, the rest is indented', () => {
  expect(wrapWords('one two three four', 9)).toBe('one two\n  three\n  four')
  expect(wrapWords('  --flag N   what it is', 16)).toBe('  --flag N\n    what it is')
  expect(wrapWords('short\n\nline', 9)).toBe('short\n\nline')
})

test('a line that just fits stays, and one whose space is just behind is broken there', () => {
  expect(wrapWords('one two', 7)).toBe('one two')
  expect(wrapWords('one two three', 7)).toBe('one two\n  three')
})

test('a word that is too long stays whole', () => {
  expect(wrapWords('see /a/very/long/path now', 8)).toBe('see\n  /a/very/long/path\n  now')
  expect(wrapWords('/a/very/long/path', 8)).toBe('/a/very/long/path')
})

test.each([undefined, 0])('a width of %s is none', (columns) => {
  expect(wrapWords('one two three', columns)).toBe('one two three')
})

test('no word is lost, broken, or moved, and only words are wider than the terminal', () => {
  const text = fc.stringMatching(/^[a-c \n]{0,60}$/)
  const words = (from: string) => from.split(/\s+/).filter(Boolean)
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (text, columns) => {
      const wrapped = wrapWords(text, columns)
      expect(words(wrapped)).toEqual(words(text))
      for (const line of wrapped.split('\n').filter((line) => line.length > columns))
        expect(words(line).length).toBeLessThanOrEqual(1)
    }),
  )
})
