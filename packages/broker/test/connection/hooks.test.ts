import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { BrokerWarning, ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { processId, warm } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const ask = (broker: ConnectionBroker, text: string) =>
  broker.withConnection(async (client) => [await client.query(text)].flat().at(-1)!.rows[0])

describe('onConnect', () => {
  test('is called once with each new connection, before it is lent', async () => {
    const pids: number[] = []
    const broker = lending.broker({
      max: 2,
      onConnect: async (client) => {
        expect(client).toBeInstanceOf(pg.Client)
        pids.push((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid)
      },
    })
    await warm(broker, 2)
    await warm(broker, 2)
    expect(pids).toHaveLength(2)
    expect(pids).toContain(await processId(broker))
    await broker.recycle()
    expect(pids).not.toContain(await processId(broker).then((pid) => (pid === pids[2] ? 0 : pid)))
    expect(pids).toHaveLength(3)
  })

  const SETTINGS: [string, string, string, string][] = [
    ['a setting', "SET statement_timeout = '7s'", 'statement_timeout', '7s'],
    [
      'a list of schemas',
      'SET search_path = "$user", pg_catalog, public',
      'search_path',
      '"$user", pg_catalog, public',
    ],
    ['an empty list of schemas', "SELECT set_config('search_path', '', false)", 'search_path', ''],
    ['a style of dates', 'SET datestyle = German', 'DateStyle', 'German, DMY'],
    ['a time zone', "SET TIME ZONE 'Asia/Tokyo'", 'TimeZone', 'Asia/Tokyo'],
    ['a custom setting', "SET app.region = 'eu west'", 'app.region', 'eu west'],
    [
      'a custom setting made by a function',
      "SELECT set_config('app.tenant', 'o''neil', false)",
      'app.tenant',
      "o'neil",
    ],
    [
      'a default of transactions',
      'SET default_transaction_isolation = serializable',
      'transaction_isolation',
      'serializable',
    ],
    ['a role', 'SET ROLE pg_monitor', 'role', 'pg_monitor'],
  ]

  test.each(SETTINGS)('%s made in it survives every reset', async (_, statement, name, value) => {
    const broker = lending.broker({ max: 1, onConnect: (client) => client.query(statement) })
    const read = async () => (await ask(broker, `SELECT current_setting('${name}') AS value`)).value
    expect(await read()).toBe(value)
    expect(await read()).toBe(value)
    await ask(
      broker,
      `RESET ALL; RESET ROLE; SELECT set_config('app.region', 'other', false), set_config('app.tenant', 'other', false)`,
    )
    expect(await read()).toBe(value)
    expect(broker.stats().default!.opened).toBe(1)
  })

  test('a custom setting survives that is named by a parameter', async () => {
    const broker = lending.broker({
      max: 1,
      onConnect: async (client) => {
        await client.query('SELECT set_config($1, $2, false)', ['app.user', 'anna'])
        await client.query({ text: 'SELECT set_config($1, $2, false)', values: ['app.group', 'staff'] })
      },
    })
    for (let lease = 0; lease < 2; lease++) {
      expect(
        await ask(
          broker,
          `SELECT current_setting('app.user') AS "user", current_setting('app.group') AS "group"`,
        ),
      ).toEqual({ user: 'anna', group: 'staff' })
    }
  })

  test('names in its queries that are no settings do no harm', async () => {
    const broker = lending.broker({
      max: 1,
      onConnect: (client) =>
        client.query("SELECT pg_catalog.now(), 'www.example.com', 1.5, a.b FROM (SELECT 1 AS b) AS a"),
    })
    expect(await ask(broker, 'SELECT 1 AS one')).toEqual({ one: 1 })
    expect(await ask(broker, 'SELECT 2 AS two')).toEqual({ two: 2 })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1, resets: 2 })
  })

  test('an error of it is the cause of the refusal, and its connection is closed', async () => {
    const broker = lending.broker({
      connectionTimeoutMillis: 0,
      onConnect: (client) => client.query('SELECT 1/0'),
    })
    await expect(processId(broker)).rejects.toMatchObject({
      code: 'PGLEASE_CONNECT',
      cause: { code: '22012' },
    })
    expect(broker.stats().default).toMatchObject({ opened: 0, leases: 0, total: 0 })
  })

  test('one that never settles is given up', async () => {
    let calls = 0
    const broker = lending.broker({
      max: 1,
      connectionTimeoutMillis: 200,
      onConnect: () => (++calls === 1 ? new Promise(() => {}) : undefined),
    })
    await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
    expect(await processId(broker, { connectionTimeoutMillis: 0 })).toBeTypeOf('number')
  })
})

test('a password function is asked at each connect, so a rotated password is picked up', async () => {
  const role = `rotated_${database.name}`
  await database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`)
  const { hostname, port } = new URL(database.connectionString)
  let [current, asked] = ['first', 0]
  const broker = lending.broker({
    connectionString: undefined as never,
    host: hostname,
    port: Number(port),
    user: role,
    database: database.name,
    max: 1,
    password: async () => {
      asked++
      return current
    },
  })
  const before = await processId(broker)
  await database.admin.query(`ALTER ROLE ${role} PASSWORD 'second'`)
  current = 'second'
  expect(await processId(broker)).toBe(before)
  expect(asked).toBe(1)
  await broker.recycle()
  expect(await processId(broker)).not.toBe(before)
  expect(asked).toBe(2)
  await broker.close()
  await database.admin.query(`DROP ROLE ${role}`)
})

describe('resetQuery', () => {
  const LEAVE = "CREATE TEMP TABLE left_over (); SET work_mem = '7MB'; LISTEN something; SELECT 1"
  const LOOK = `SELECT to_regclass('left_over') IS NOT NULL AS "table", current_setting('work_mem') AS memory,
    exists(SELECT FROM pg_listening_channels()) AS listens`

  test.each([
    ['by default leaves nothing', undefined, { table: false, memory: '4MB', listens: false }],
    ['leaves what it does not name', 'RESET ALL; UNLISTEN *', { table: true, memory: '4MB', listens: false }],
    ['leaves everything when it is empty', '', { table: true, memory: '7MB', listens: true }],
  ])('%s', async (_, resetQuery, expected) => {
    const broker = lending.broker({ max: 1, ...(resetQuery === undefined ? {} : { resetQuery }) })
    await ask(broker, LEAVE)
    expect(await ask(broker, LOOK)).toEqual(expected)
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, resets: resetQuery === '' ? 0 : 2 })
  })

  test('that is empty still rolls back', async () => {
    const broker = lending.broker({ max: 1, resetQuery: '' })
    await ask(broker, 'BEGIN; CREATE TABLE half_done (); SELECT 1')
    expect(await ask(broker, "SELECT to_regclass('half_done') AS found")).toEqual({ found: null })
  })

  test('that fails costs the connection, and no lease', async () => {
    const broker = lending.broker({ max: 1, resetQuery: 'RESET nonsense' })
    const before = await processId(broker)
    expect(await processId(broker)).not.toBe(before)
    expect(broker.stats().default).toMatchObject({ resets: 0, closed: { unclean: 1 } })
  })

  test.each([
    ['RESET nonsense', 'The server refused: RESET nonsense'],
    ['RESET ALL; BEGIN', 'The session is in-transaction after its reset'],
  ])('that is %s is warned of, once', async (resetQuery, reason) => {
    const broker = lending.broker({ max: 1, resetQuery })
    const warnings: BrokerWarning[] = []
    broker.on('warning', (warning) => warnings.push(warning))
    for (const _ of [1, 2, 3]) await processId(broker)
    await until(() => broker.stats().default!.closed.unclean === 3, 'for the resets to have failed')
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'PGLEASE_RESET_FAILED',
        database: 'default',
        holder: 'the main thread',
        message: expect.stringMatching(new RegExp(`"default" could not be reset.*${reason}$`)),
      }),
    ])
  })
})
