import { readFileSync } from 'node:fs'
import { ERROR_CLASSES } from '@pglease/client'
import { BROKER_OPTIONS, checkOptions, LEASE_OPTION_CHECKS } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import { LEASE_CHECKS } from '../src/connection/lease-checks.js'
import { readDatabase } from '../src/connection/read-database.js'
import { checkExecutorOptions } from '../src/executor/executor-options.js'

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

/** The tables of a text: rows of cells, without heads and rulers. */
function tables(text: string): string[][][] {
  const lines = text.split('\n')
  const found: string[][][] = []
  for (const [index, line] of lines.entries()) {
    if (!/^\| *-+/.test(line)) continue
    const rows: string[][] = []
    for (let at = index + 1; lines[at]?.startsWith('|'); at++) {
      const cells = lines[at]!.split('|').slice(1, -1)
      rows.push(cells.map((cell) => cell.trim()))
    }
    found.push(rows)
  }
  return found
}

/** What stands between backticks. */
const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)

test('the table of errors has a row for each class, with its code and whether a retry can help', () => {
  const [rows] = tables(page('errors.md'))
  const told = rows!.map(([name, errorCode, retry]) => [code(name!)[0], code(errorCode!)[0], retry])
  const actual = ERROR_CLASSES.map((Class) => {
    const error = new Class('')
    return [Class.name, error.code, error.retryable ? 'yes' : 'no']
  })
  expect(told).toEqual(actual)
  for (const [, , , when] of rows!) expect(when).not.toBe('')
})

test('each class of errors has a section that says what to do', () => {
  const headings = page('errors.md').match(/^### .*$/gm)!
  const told = headings.flatMap((heading) => code(heading))
  expect(told.sort()).toEqual(ERROR_CLASSES.map(({ name }) => name).sort())
})

/** The names that a check takes: it lists them where it does not know one. */
function known(check: (options: object) => unknown): string[] {
  try {
    check({ 'no such option at all': 1 })
  } catch (error) {
    return /Known: (.*)\.$/.exec((error as Error).message)![1]!.split(', ')
  }
  throw new Error('The check takes any option')
}

/** Of `pg.Client`: the README names some and leaves the rest to its documentation. */
const PG_OPTIONS = [
  'connectionString',
  'host',
  'port',
  'user',
  'password',
  'database',
  'ssl',
  'sslnegotiation',
  'keepAlive',
  'keepAliveInitialDelayMillis',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'enableChannelBinding',
]

describe('the options', () => {
  const text = page('options.md')
  const [databaseRows, executorRows] = tables(text)

  test('of a database are all told of', () => {
    const told = databaseRows!.flatMap(([names]) => code(names!))
    const all = known((options) => readDatabase('default', options))
    expect([...told, ...PG_OPTIONS].sort()).toEqual(all.sort())
  })

  test('of a database that a lease has not are known to it', () => {
    const all = known((options) => readDatabase('default', options))
    const own = Object.keys(LEASE_OPTION_CHECKS)
    expect([...BROKER_OPTIONS].sort()).toEqual(all.filter((name) => !own.includes(name)).sort())
  })

  test('of a database have the defaults that are told', () => {
    const { name: _, ...defaults } = readDatabase('default', {})
    const told = databaseRows!.flatMap(([names, value]) => code(names!).map((name) => [name, value!]))
    for (const [name, value] of told) {
      const actual = defaults[name as keyof typeof defaults]
      const shown = value!.replaceAll('`', '')
      if (actual === undefined) expect(['none', "the server's"], name).toContain(shown)
      else expect(shown, name).toBe(actual === Number.POSITIVE_INFINITY ? 'no limit' : String(actual))
    }
  })

  test('of an executor are all told of', () => {
    const all = known((options) => checkExecutorOptions(options as never, []))
    const own = executorRows!.flatMap(([name]) => code(name!))
    expect(own).toEqual(['databases', 'abortGraceMillis'])
    for (const name of all) expect(code(text), name).toContain(name)
  })

  test('of a lease are all told of', () => {
    const paragraph = text.slice(text.indexOf('A lease ('))
    const all = known((options) => checkOptions('lease', options, LEASE_CHECKS))
    // What a thread adds by itself.
    const own = all.filter((name) => name !== 'task' && name !== 'openedAt')
    for (const name of own) expect(code(paragraph), name).toContain(name)
  })
})
