import { availableParallelism } from 'node:os'
import { UsageError } from '@pglease/commands'
import { expect, test } from 'vitest'
import { HELP, readArguments } from '../src/arguments.js'

const URL = 'postgres://me:secret@db:5432/work'

test('without arguments everything has its default', () => {
  expect(readArguments([], {})).toEqual({
    countries: undefined,
    threads: availableParallelism(),
    connections: 2,
    effort: { seconds: 20 },
    seed: 1,
    json: false,
    dashboard: false,
    report: 'pglease-report.html',
    databaseUrl: undefined,
    port: undefined,
    drop: false,
  })
})

test('every flag arrives', () => {
  const line = `--countries it,FR,it --threads 8 --connections 3 --moves 50 --seed 7 --json --dashboard --report x.html --drop`
  expect(readArguments([...line.split(' '), '--database-url', URL], {})).toEqual({
    countries: ['IT', 'FR'],
    threads: 8,
    connections: 3,
    effort: { movesPerCity: 50 },
    seed: 7,
    json: true,
    dashboard: true,
    report: 'x.html',
    databaseUrl: URL,
    port: undefined,
    drop: true,
  })
  expect(readArguments(['--seconds', '0.5', '--port', '5499'], {})).toMatchObject({
    effort: { seconds: 0.5 },
    port: 5499,
  })
})

test('DATABASE_URL names the server, --database-url goes before it, and an empty one is none', () => {
  expect(readArguments([], { DATABASE_URL: URL })).toMatchObject({ databaseUrl: URL })
  expect(readArguments(['--database-url', URL], { DATABASE_URL: 'postgres://other' })).toMatchObject({
    databaseUrl: URL,
  })
  expect(readArguments([], { DATABASE_URL: '' })).toMatchObject({ databaseUrl: undefined })
})

test('help names every flag', () => {
  expect(readArguments(['--threads', '2', '--help'], {})).toBe('help')
  for (const flag of ['countries', 'threads', 'connections', 'seconds', 'moves', 'seed', 'report', 'json']) {
    expect(HELP).toContain(`--${flag} `)
  }
  for (const flag of ['database-url', 'dashboard', 'drop', 'port', 'help'])
    expect(HELP).toContain(`--${flag} `)
})

test.each([
  [['--nope'], /Unknown option '--nope'\. See --help/],
  [['IT'], /Unexpected argument 'IT'/],
  [['--threads'], /argument missing/],
  [['--threads', '0'], /--threads takes a whole number from 1/],
  [['--threads', '1.5'], /--threads/],
  [['--threads=-2'], /--threads/],
  [['--connections', 'two'], /--connections/],
  [['--seconds', '-1'], /--seconds/],
  [['--seconds', 'soon'], /--seconds takes a number/],
  [['--moves', '1', '--seconds', '1'], /not both/],
  [['--seed', 'x'], /--seed/],
  [['--port', '70000'], /--port/],
  [['--port', '5000', '--database-url', URL], /--port is for the embedded server/],
  [['--countries', ' , '], /--countries takes codes/],
  [['--database-url', 'mysql://me'], /--database-url must look like postgres:/],
])('%j is refused in one line', (args, message) => {
  expect(() => readArguments(args, {})).toThrow(UsageError)
  expect(() => readArguments(args, {})).toThrow(message)
  expect(() => readArguments(args, {})).not.toThrow('\n')
})
