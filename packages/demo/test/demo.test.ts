import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { TcpProxy } from '../../broker/test/support/proxy.js'
import { until } from '../../broker/test/support/until.js'
import { temporaryFolder } from '../../commands/test/support/temporary-folder.js'
import { DemoProcess, runDemo } from './support/demo-process.js'

const database = await createTestDatabase()

const KEYS = [
  'countries',
  'cities',
  'tasks',
  'failed',
  'threads',
  'maxConnections',
  'peakConnections',
  'leakedConnections',
  'verified',
  'kmBefore',
  'kmAfter',
  'seconds',
]

/** Four small countries, two of them on both sides of the antimeridian; twenty moves a city. */
const SMALL = ['--countries', 'FJ,KI,LI,EE', '--moves', '20']
/** Long, for a machine that is busy with other test files: a run has a server to start and cities to load. */
const PLANNING_MS = 60_000
vi.setConfig({ testTimeout: 2 * PLANNING_MS })

/** Until it is interrupted. */
const LONG = ['--countries', 'LU', '--seconds', '600']
const ON_OURS = [...SMALL, '--database-url', database.connectionString]

let client: pg.Client

beforeEach(async () => {
  client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('drop schema if exists pglease_demo cascade')
})

const value = async (sql: string) => Object.values((await client.query(sql)).rows[0]!)[0]

describe('the demo', () => {
  test('plans, stores and verifies a tour for each country, within the connections allowed', async () => {
    const { code, stdout } = await runDemo([...ON_OURS, '--json', '--threads', '4', '--connections', '2'])
    const summary = JSON.parse(stdout)
    expect(Object.keys(summary)).toEqual(KEYS)
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(summary).toMatchObject({
      countries: 4,
      tasks: 4,
      failed: 0,
      threads: 4,
      maxConnections: 2,
      leakedConnections: 0,
      verified: true,
    })
    expect(summary.peakConnections).toBeGreaterThanOrEqual(1)
    expect(summary.peakConnections).toBeLessThanOrEqual(2)
    expect(summary.kmAfter).toBeLessThan(summary.kmBefore)
    expect(code).toBe(0)

    expect(await value('select count(*)::int from pglease_demo.cities')).toBe(summary.cities)
    const missed = `select count(*)::int from pglease_demo.cities full join pglease_demo.stops
      on id = city_id and cities.country = stops.country where id is null or city_id is null`
    expect(await value(missed)).toBe(0)
    expect(await value('select sum(kilometres_after) from pglease_demo.tours')).toBeCloseTo(
      summary.kmAfter,
      2,
    )

    const stops = 'select * from pglease_demo.stops order by country, position'
    const { rows: ofFourThreads } = await client.query(stops)
    await runDemo([...ON_OURS, '--threads', '1'])
    expect((await client.query(stops)).rows, 'the same seed and moves, in one thread').toEqual(ofFourThreads)
  })

  test('brings its own server, prints a table, and leaves nothing behind but the report', async () => {
    const folder = temporaryFolder()
    const demo = new DemoProcess([...SMALL, '--report', 'tours.html'], { TMPDIR: folder })
    const { code, stdout, stderr } = await demo.ended
    expect(stdout).toMatch(/^countries +4\ncities +\d+\n(.+\n)+verified in SQL +yes .*\n$/)
    expect(stderr).toMatch(/100 % .*\n(.*\n)*The map and all tours: tours\.html\n$/)
    expect(code).toBe(0)
    expect(readdirSync(demo.folder)).toEqual(['tours.html'])
    expect(readdirSync(folder)).toEqual([])
    expect(readFileSync(join(demo.folder, 'tours.html'), 'utf8')).toContain('<title>Fiji: 8 cities</title>')
  })

  test('explains itself', async () => {
    const { code, stdout } = await runDemo(['--help'])
    expect(stdout).toContain('Usage: demo [options]')
    expect(code).toBe(0)
  })
})

describe('the schema on a server of one’s own', () => {
  test('is left alone when it is not the demo’s', async () => {
    await client.query('create schema pglease_demo create table precious (id int)')
    const { code, stderr } = await runDemo([...ON_OURS, '--drop'])
    expect(stderr).toMatch(/^The database has a schema pglease_demo that is not the demo's.*\n$/)
    expect(code).toBe(1)
    expect(await value(`select to_regclass('pglease_demo.precious')`)).not.toBeNull()
  })

  test('needs a role that may create it', async () => {
    const role = `poor_${database.name}`
    await client.query(`create role ${role} login password 'poor'`)
    onTestFinished(async () => {
      await client.query(`drop role ${role}`)
    })
    const url = Object.assign(new URL(database.connectionString), { username: role, password: 'poor' }).href
    const { code, stderr } = await runDemo([...SMALL, '--database-url', url])
    expect(stderr).toMatch(/^permission denied for database \w+: use a role that may create the schema .*\n$/)
    expect(code).toBe(1)
  })

  test('is one run’s at a time, and after Ctrl-C gone with --drop, and each connection', async () => {
    const first = new DemoProcess([...LONG, '--drop', '--database-url', database.connectionString])
    await until(() => first.stderr.includes('1 country'), 'for the first run to plan', PLANNING_MS)
    const { code, stderr } = await runDemo(ON_OURS)
    expect(stderr).toMatch(/^Another run of the demo is at work in this database.*\n$/)
    expect(code).toBe(1)
    first.interrupt()
    expect((await first.ended).code).toBe(130)
    await until(async () => (await database.serverConnections()) === 1, 'for the connections to go')
    expect(await value(`select to_regnamespace('pglease_demo')`)).toBeNull()
  })
})

describe('a run that goes wrong', () => {
  /** Does something to the table of stops as soon as the demo has made it. */
  async function onceStopsExist(sql: string): Promise<void> {
    await client.query(`
      create function spoil() returns event_trigger language plpgsql as $$ begin
        if to_regclass('pglease_demo.stops') is not null and current_query() like '%create schema pglease_demo%' then
          ${sql}
        end if;
      end $$;
      create event trigger spoil on ddl_command_end when tag in ('CREATE FUNCTION') execute function spoil()`)
    onTestFinished(async () => {
      await client.query(
        'drop event trigger spoil; drop function spoil(); drop function if exists lose_stop() cascade',
      )
    })
  }

  test('tells of a tour that failed and of one that misses a city, plans the others, and fails', async () => {
    await client.query(`create function lose_stop() returns trigger language plpgsql as
      $$ begin return case when new.country = 'KI' and new.position = 3 then null else new end; end $$`)
    await onceStopsExist(`alter table pglease_demo.stops add constraint no_fiji check (country <> 'FJ');
      create trigger lose before insert on pglease_demo.stops for each row execute function lose_stop();`)
    const { code, stdout, stderr } = await runDemo([...ON_OURS, '--json', '--drop'])
    expect(JSON.parse(stdout)).toMatchObject({
      countries: 4,
      tasks: 4,
      failed: 1,
      verified: false,
      leakedConnections: 0,
    })
    expect(stderr).toMatch(/\n1 of 4 tours failed\. Fiji: .*"no_fiji"\n/)
    expect(stderr).toMatch(/\nPostgres does not confirm the tours of Fiji, Kiribati\.\n$/)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
    expect(await value(`select to_regnamespace('pglease_demo')`), 'with --drop').toBeNull()
  })

  test('ends with one line when the server goes away', async () => {
    const proxy = await TcpProxy.start(database.connectionString)
    onTestFinished(() => proxy.close())
    const demo = new DemoProcess([...LONG, '--database-url', proxy.connectionString])
    await until(() => demo.stderr.includes('1 country'), 'for the planning', PLANNING_MS)
    proxy.refuse()
    proxy.cut()
    const { code, stderr, stdout } = await demo.ended
    // How far the job still came is a matter of chance; what it says at its end is not.
    expect(stderr).toMatch(
      /country\n(.+LU Luxembourg: failed\n)?(Verifying the tours\n)?The connection to Postgres was lost during the job\.\n$/,
    )
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  test('ends cleanly after Ctrl-C, with the embedded server and all files gone', async () => {
    const folder = temporaryFolder()
    const demo = new DemoProcess(['--countries', 'LU,LI', '--seconds', '600'], { TMPDIR: folder })
    await until(() => demo.stderr.includes('2 countries'), 'for the planning', PLANNING_MS)
    expect(readdirSync(folder)).not.toEqual([])
    demo.interrupt()
    const { code, stderr, stdout } = await demo.ended
    expect(stderr).toMatch(/countries\nInterrupted\.\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(130)
    expect(readdirSync(folder)).toEqual([])
    expect(readdirSync(demo.folder)).toEqual([])
  })
})
