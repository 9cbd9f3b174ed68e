import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from '@pglease/commands'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandProcess } from '../../commands/test/support/command-process.js'
import { temporaryFolder } from '../../commands/test/support/temporary-folder.js'
import { HELP, readArguments } from '../src/arguments.js'
import { CASES } from '../src/cases/index.js'
import { CONTENDERS } from '../src/contenders/index.js'
import { alternate } from '../src/harness/alternate.js'
import { pairedRatios, quantile, quartiles } from '../src/harness/ratios.js'
import { compare } from '../src/harness/result.js'
import type { Outcome } from '../src/run.js'
import type { Access, Connection } from '../src/threads/access.js'
import { bulkRead, copyOut, cursorRead } from '../src/threads/bulk-loads.js'
import { countedLeases, pointQueries, task } from '../src/threads/point-loads.js'

const MAIN = new URL('../dist/main.js', import.meta.url)

const METRIC = { name: 'throughput', unit: 'queries/s', better: 'higher' } as const

test('quartiles lie between the nearest values', () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual({ lower: 2, median: 3, upper: 4 })
  expect(quartiles([1, 2, 3, 4])).toEqual({ lower: 1.75, median: 2.5, upper: 3.25 })
  expect(quartiles([7])).toEqual({ lower: 7, median: 7, upper: 7 })
  expect(() => quantile([], 0.5)).toThrow(RangeError)
})

test('quantiles grow with the share and stay within the sample, whatever its order', () => {
  const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(samples, (values) => {
      const { lower, median, upper } = quartiles(values)
      const ascending = [Math.min(...values), lower, median, upper, Math.max(...values)]
      expect(ascending).toEqual([...ascending].sort((a, b) => a - b))
      expect(quartiles([...values].reverse())).toEqual({ lower, median, upper })
    }),
  )
})

test('a machine that is slow for a while leaves the paired ratios alone', () => {
  expect(pairedRatios([100, 10, 50], [200, 20, 100])).toEqual([0.5, 0.5, 0.5])
  expect(() => pairedRatios([1], [1, 2])).toThrow(RangeError)
})

test('the first entrant is compared with the others, and each target says whether it is reached', () => {
  const samples = new Map([
    ['ours', [4, 5, 6]],
    ['fast', [8, 10, 12]],
    ['slow', [2, 2.5, 3]],
    ['idle', [0, 0, 0]],
  ])
  const targets = [{ against: 'fast', least: 0.75 }, { against: 'slow', least: 2 }, { most: 5 }]
  const { comparisons, target, entrants } = compare({
    name: 'a',
    title: 'A',
    metric: METRIC,
    samples,
    targets,
  })
  expect(entrants.map(({ median }) => median)).toEqual([5, 10, 2.5, 0])
  expect(comparisons).toEqual([
    {
      against: 'fast',
      ratio: { lower: 0.5, median: 0.5, upper: 0.5 },
      target: { against: 'fast', least: 0.75, reached: false },
    },
    {
      against: 'slow',
      ratio: { lower: 2, median: 2, upper: 2 },
      target: { against: 'slow', least: 2, reached: true },
    },
  ])
  expect(target).toEqual({ most: 5, reached: true })
})

test('entrants run in turn, and each goes first once in as many rounds as there are entrants', async () => {
  const order: string[] = []
  const entrants = ['a', 'b', 'c'].map((name) => ({
    name,
    round: async () => ({ place: order.push(name) }),
  }))
  const samples = await alternate(entrants, 3)
  expect(order.join('')).toBe('abcbcacab')
  expect([...samples.get('place')!]).toEqual([
    ['a', [1, 6, 8]],
    ['b', [2, 4, 9]],
    ['c', [3, 5, 7]],
  ])
})

test('a round that fails names its entrant', async () => {
  const wrong = { name: 'b', round: () => Promise.reject(new Error('Wrong answer')) }
  await expect(alternate([wrong], 1)).rejects.toThrow('b: Wrong answer')
})

/** Answers at once, and wrongly. */
const liar: Connection = {
  query: async (_text, [id]) => [{ id, amount: -1 }],
  async *cursor() {
    yield [{ id: 1, amount: -1 }]
  },
  async *copyOut() {
    yield Buffer.from('short')
  },
  copyIn: async () => {},
}

const lyingAccess: Access = { forTask: (work) => work(liar), withConnection: (work) => work(liar) }

test.each<[string, () => Promise<unknown>]>([
  ['point queries', () => pointQueries(lyingAccess, { millis: 1 })],
  ['short leases', () => countedLeases(lyingAccess, { count: 1, atATime: 1 })],
  ['bulk reads', () => bulkRead(lyingAccess, { millis: 1 })],
  ['cursors', () => cursorRead(lyingAccess, { from: 1, to: 10, batch: 5 })],
  ['COPY', () => copyOut(lyingAccess, { lines: 10 })],
])('a fast wrong answer is an error: %s', async (_, load) => {
  await expect(load()).rejects.toThrow('Wrong answer')
})

test('a task returns what it found, for its caller to check', async () => {
  expect(await task(lyingAccess, { ids: [3, 4], turns: 10 })).toBe(-2)
})

test('help names every flag, case and alternative', () => {
  expect(readArguments(['--quick', '--help'])).toBe('help')
  for (const flag of ['quick', 'case', 'against', 'rounds', 'json', 'report', 'help'])
    expect(HELP).toContain(`--${flag} `)
  for (const { name } of [...CASES, ...CONTENDERS]) expect(HELP).toContain(name)
})

test.each([
  [['--case', 'nope'], /no case "nope".*point-lease/],
  [['--against', 'nobody'], /no alternative "nobody".*own pool/],
  [['--rounds', '0'], /--rounds takes a whole number/],
  [['--fast'], /Unknown option '--fast'\. See --help/],
])('%j is a usage error', (args, message) => {
  expect(() => readArguments(args)).toThrow(UsageError)
  expect(() => readArguments(args)).toThrow(message)
})

const runBench = (...args: string[]) => new CommandProcess(MAIN, args).ended

test('what cannot be understood ends with 2, and what cannot be written with 1, before any work', async () => {
  expect(await runBench('--case', 'nope')).toMatchObject({ code: 2, stdout: '' })
  const file = join(temporaryFolder(), 'missing', 'bench.json')
  expect(await runBench('--json', file)).toEqual({
    code: 1,
    stdout: '',
    stderr: `There is no folder ${dirname(file)}: make it, or name another file with --json.\n`,
  })
})

test('of the alternatives those are left out that are not named, but never what a case is about', async () => {
  const flags = ['--quick', '--rounds', '1', '--case', 'lasting-5', '--against', 'own pool']
  const { code, stdout } = await runBench(...flags)
  expect(code).toBe(0)
  const named = new Set(stdout.match(/^ {2}\S.*?(?= {2})/gm))
  expect([...named]).toEqual(['  pglease, lasting', '  own pool'])
})

test('every contender gives right answers, and all that was measured is written', async () => {
  const folder = temporaryFolder()
  const [json, report] = [join(folder, 'bench.json'), join(folder, 'bench.html')]
  const cases = ['point-8-leases', 'task-1-query', 'cursor', 'copy-in'].flatMap((name) => ['--case', name])
  const { code, stderr } = await runBench(
    '--quick',
    '--rounds',
    '1',
    ...cases,
    '--json',
    json,
    '--report',
    report,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })

  const { results, failures, skipped } = JSON.parse(readFileSync(json, 'utf8')) as Outcome
  expect(failures).toEqual([])
  expect(results.map(({ name }) => name)).toEqual([
    'point-8-leases/2-threads/socket',
    'task-1-query/2-threads/socket',
    'cursor/2-threads/socket',
    'copy-in/2-threads/socket',
  ])
  const ran = CONTENDERS.map(({ name }) => name).filter((name) => skipped[name] === undefined)
  const [, oneQuery] = results
  expect(oneQuery!.entrants.map(({ name }) => name)).toEqual(ran)
  expect(oneQuery!.comparisons.map(({ against }) => against)).toEqual(ran.slice(1))
  for (const { entrants } of results) for (const { median } of entrants) expect(median).toBeGreaterThan(0)

  const page = readFileSync(report, 'utf8')
  expect(page).toContain('<svg')
  for (const { name } of results) expect(page).toContain(name)
}, 300_000)
