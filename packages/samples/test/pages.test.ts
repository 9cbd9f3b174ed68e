import { expect, test } from 'vitest'
import { filled, pages } from '../pages.js'

/** Pages whose code is that of another package, compared by a test there. */
const TESTED_ELSEWHERE = ['docs/libraries.md', 'docs/bundlers.md']

/**
 * Blocks of these languages are programs, or parts of them. What no test can run, as a line that is wrong on purpose, has the word
 * `not-run` behind the language: ```ts not-run
 */
const CODE = /^ *```(?:ts|js|mjs|cjs|tsx|jsx|typescript|javascript)\b(?! not-run)(.*)$/

const NAMED = /^ *<!-- sample: /

test.each(pages())('$path has its samples as the tests run them: see `pnpm samples`', ({ text }) => {
  expect(text).toBe(filled(text))
})

const ownPages = pages().filter(({ path }) => !TESTED_ELSEWHERE.includes(path))

test.each(ownPages)('the code in $path is a sample', ({ text }) => {
  const lines = text.split('\n')
  const others = lines.filter((line, index) => CODE.test(line) && !NAMED.test(before(lines, index)))
  expect(others).toEqual([])
})

/** The line that is not empty before another. */
function before(lines: string[], index: number): string {
  return lines.slice(0, index).findLast((line) => line !== '') ?? ''
}
