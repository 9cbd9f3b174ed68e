import { expect, test } from 'vitest'
import { parseFlags, readWhole, UsageError } from '../src/index.js'

const FLAGS = {
  name: { type: 'string' },
  case: { type: 'string', multiple: true },
  quick: { type: 'boolean' },
} as const

test('flags have the values that stand behind them', () => {
  expect(parseFlags([], FLAGS)).toEqual({})
  expect(parseFlags(['--name', 'x', '--quick', '--case=a', '--case', 'b'], FLAGS)).toEqual({
    name: 'x',
    quick: true,
    case: ['a', 'b'],
  })
})

test('every command has --help and -h, whatever else is asked for', () => {
  expect(parseFlags(['--help'], FLAGS)).toBe('help')
  expect(parseFlags(['--quick', '-h'], FLAGS)).toBe('help')
})

test.each([
  [['--nope'], "Unknown option '--nope'. See --help."],
  [['x'], "Unexpected argument 'x'. See --help."],
  [['--name'], "Option '--name <value>' argument missing. See --help."],
  [['--quick=1'], "Option '--quick' does not take an argument. See --help."],
])('%j is refused in one sentence', (args, message) => {
  expect(() => parseFlags(args, FLAGS)).toThrow(new UsageError(message))
})

test('a whole number has its bounds', () => {
  const range = { least: 1, most: 20 }
  expect(readWhole('--threads', undefined, range)).toBeUndefined()
  expect(readWhole('--threads', '1', range)).toBe(1)
  expect(readWhole('--threads', '20', range)).toBe(20)
  for (const text of ['0', '21', '1.5', '-2', '1e1', '0x2', ' 2', '', 'two'])
    expect(() => readWhole('--threads', text, range)).toThrow(
      new UsageError(`--threads takes a whole number from 1 to 20, not "${text}".`),
    )
})
