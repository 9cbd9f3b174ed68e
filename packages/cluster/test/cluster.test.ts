import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { ClusterCommand, runCluster } from './support/cluster-command.js'

const database = await createTestDatabase()

const KEYS = [
  'processes',
  'threads',
  'countries',
  'planned',
  'plannedTwice',
  'retried',
  'killed',
  'maxConnections',
  'peakConnections',
  'leakedConnections',
  'verified',
  'seconds',
]

/** Long, for a machine that is busy with other test files. */
const BOUND_MS = 60_000
vi.setConfig({ testTimeout: 2 * BOUND_MS })

const ON_OURS = ['--database-url', database.connectionString]
const LONG = [...ON_OURS, '--countries', 'LU,LV,EE,LT', '--seconds', '1000']

/** The processes of a run, as Postgres knows their connections. */
async function members(): Promise<string[]> {
  const { rows } = await database.admin.query<{ name: string }>(
    `select distinct application_name as name from pg_stat_activity
     where datname = $1 and application_name ~ '^pglease cluster .* [0-9]+[.]' order by 1`,
    [database.name],
  )
  return rows.map(({ name }) => name)
}

async function schemas(): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query(
    `select nspname from pg_namespace where nspname ~ '^pglease' order by 1`,
  )
  return rows.map(({ nspname }) => nspname)
}

/** Of a run of four countries that is over. */
async function expectPage(url: string): Promise<void> {
  const page = await fetch(url)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  for (const [, name] of (await page.text()).matchAll(/(?:href|src)="([^"]+)"/g))
    expect([name, (await fetch(url + name)).status]).toEqual([name, 200])
  expect((await fetch(`${url}nothing`)).status).toBe(404)
  const events = (await fetch(`${url}events`)).body!.pipeThrough(new TextDecoderStream()).getReader()
  const { value } = await events.read()
  const snapshot = JSON.parse(value!.slice('data: '.length))
  expect(snapshot.jobs).toEqual({ waiting: 0, running: 0, failed: 0, planned: 4, runAgain: 0 })
  expect(snapshot.members).toMatchObject([
    { number: 1, threads: 1, connections: 3, underWay: [] },
    { number: 2, threads: 1, connections: 3, underWay: [] },
  ])
  await events.cancel()
}

describe('a run on two processes', () => {
  test('plans each country once, on no more connections than the arithmetic says, and leaves the tours alone', async () => {
    const args = [
      ...ON_OURS,
      '--processes',
      '2',
      '--threads',
      '1',
      '--moves',
      '20',
      '--countries',
      'FJ,KI,LI,EE',
    ]
    const run = new ClusterCommand([...args, '--json', '--dashboard'])
    await until(
      () => run.stderr.includes('The page stays at'),
      () => `for the end: ${run.stderr}`,
      BOUND_MS,
    )
    const page = /http:\S+\//.exec(run.stderr)![0]
    await expectPage(page)
    run.interrupt()
    const { code, stdout, stderr } = await run.ended
    expect(stderr).toContain('100 %')
    const summary = JSON.parse(stdout)
    expect(Object.keys(summary)).toEqual(KEYS)
    expect(summary).toMatchObject({
      processes: 2,
      threads: 1,
      countries: 4,
      planned: 4,
      plannedTwice: 0,
      retried: 0,
      killed: 0,
      maxConnections: 6,
      leakedConnections: 0,
      verified: true,
    })
    expect(summary.peakConnections).toBeGreaterThanOrEqual(2)
    expect(summary.peakConnections).toBeLessThanOrEqual(6)
    expect(code).toBe(0)
    expect(await schemas()).toEqual(['pglease_demo'])
  })

  test('ends at Ctrl-C with all its processes, and leaves no connection and no queue', async () => {
    const run = new ClusterCommand([...LONG, '--processes', '2', '--drop'])
    await until(async () => (await members()).length === 2, 'for two processes', BOUND_MS)
    run.interrupt()
    const { code, stdout, stderr } = await run.ended
    expect(stderr).toMatch(/\nInterrupted\.\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(130)
    expect(await schemas()).toEqual([])
    await until(async () => (await members()).length === 0, 'for the connections to go')
  })

  test('leaves no process when it is killed itself', async () => {
    const run = new ClusterCommand([...LONG, '--processes', '2'])
    await until(async () => (await members()).length === 2, 'for two processes', BOUND_MS)
    process.kill(run.processId, 'SIGKILL')
    await run.ended
    await until(async () => (await members()).length === 0, 'for the connections to go')
  })
})

test('each fault in the midst of a job costs time and no tour', async () => {
  const { code, stdout, stderr } = await runCluster([
    ...['--processes', '3', '--threads', '1', '--countries', 'LU,LV,EE,LT,LI,MT', '--seconds', '2.5'],
    ...['--faults', 'process,thread,server,network', '--json'],
  ])
  expect(JSON.parse(stdout)).toMatchObject({
    countries: 6,
    planned: 6,
    plannedTwice: 0,
    maxConnections: 9,
    leakedConnections: 0,
    verified: true,
  })
  const { retried, killed, peakConnections } = JSON.parse(stdout)
  expect(retried).toBeGreaterThanOrEqual(1)
  expect(killed).toBeGreaterThanOrEqual(2)
  expect(peakConnections).toBeLessThanOrEqual(9)
  expect(stderr).toMatch(
    /is killed\n.*is ended\nPostgres is stopped\n(.*\n)*The network of process . is cut\n/s,
  )
  expect(code).toBe(0)
})
