import { on } from 'node:events'
import { queryMessage } from '@pglease/client/internal'
import { expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { RawThread } from '../../support/raw-thread.js'
import { gate, until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Makes the session's reset fail: to drop so many tables takes longer than its statements may. */
const UNRESETTABLE = [
  `DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TEMP TABLE t%s ()', i); END LOOP; END $$`,
  "SET statement_timeout = '1ms'",
]

/**
 * Holds the only connection, lets a lease wait for it, or as many as given, and gives it back unreset: what the next lease sends first travels
 * behind the reset.
 */
async function handOver<T>(
  broker: ConnectionBroker,
  statements: readonly string[],
  next: () => Promise<T>,
  waiting = 1,
): Promise<T> {
  const [ready, goOn] = [gate(), gate()]
  const holder = broker.withConnection(async (client) => {
    for (const statement of statements) await client.query(statement)
    ready.open()
    await goOn
  })
  await ready
  const result = next()
  await untilWaiting(broker, waiting)
  goOn.open()
  await holder
  return result
}

const one = () => lending.broker({ max: 1 })

async function advisoryLocks(): Promise<number> {
  const { rows } = await database.admin.query(
    "SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = $1",
    [database.name],
  )
  return rows[0].count
}

test('the next lease is granted the connection before it is reset, and finds it reset', async () => {
  const broker = one()
  const statements = ["SET work_mem = '1MB'", 'SELECT pg_advisory_lock(42)', 'CREATE TEMP TABLE mine ()']
  const seen = await handOver(broker, statements, () =>
    broker.withConnection(async (client) => {
      const { rows } = await client.query(
        "SELECT to_regclass('mine') AS mine, current_setting('work_mem') AS mem",
      )
      return rows[0]
    }),
  )
  expect(seen).toEqual({ mine: null, mem: '4MB' })
  expect(await advisoryLocks()).toBe(0)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2, resets: 2 })
})

test.each([
  ['a simple query', (id: number) => [`INSERT INTO seen VALUES (${id})`]],
  ['an extended query', (id: number) => ['INSERT INTO seen VALUES ($1)', [id]]],
  [
    'a query of many chunks',
    (id: number) => ['INSERT INTO seen SELECT $1 + 0 * length($2)', [id, 'x'.repeat(3e6)]],
  ],
] as [string, (id: number) => [string, unknown[]?]][])(
  '%s behind a reset that fails is run once, on another connection',
  async (_what, insert) => {
    await database.admin.query('DROP TABLE IF EXISTS seen')
    const broker = one()
    await broker.withConnection((client) => client.query('CREATE TABLE IF NOT EXISTS seen (id int)'))
    const ids = [1, 2, 3]
    for (const id of ids) {
      const before = await processId(broker)
      const after = await handOver(broker, UNRESETTABLE, () =>
        broker.withConnection(async (client) => {
          const [text, values] = insert(id)
          await client.query(text, values)
          return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
        }),
      )
      expect(after).not.toBe(before)
    }
    const { rows } = await broker.withConnection((client) => client.query('SELECT id FROM seen ORDER BY id'))
    await broker.withConnection((client) => client.query('DROP TABLE seen'))
    expect(rows.map(({ id }) => id)).toEqual(ids)
    expect(broker.stats().default).toMatchObject({ closed: { unclean: 3 } })
  },
)

test('a cursor behind a reset that fails is read once, on another connection, also while others wait', async () => {
  const broker = one()
  const keeper = new Keeper(lending, broker)
  await keeper.call('one', [PID])
  let other: Promise<number> | undefined
  const numbers = await handOver(
    broker,
    UNRESETTABLE,
    async () => {
      const read = keeper.call('readsFirst', 100, 7)
      await untilWaiting(broker, 1)
      other = processId(broker)
      return read
    },
    2,
  )
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
  expect(await other).toBeGreaterThan(0)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 2, closed: { unclean: 1 } })
})

test('a lease with options of its own gets another connection, too, when the reset fails', async () => {
  const broker = one()
  const level = await handOver(broker, UNRESETTABLE, () =>
    broker.withConnection(
      async (client) => (await client.query('SHOW transaction_isolation')).rows[0].transaction_isolation,
      { isolationLevel: 'serializable' },
    ),
  )
  expect(level).toBe('serializable')
  expect(broker.stats().default).toMatchObject({ opened: 2, closed: { unclean: 1 } })
})

test('a session that no lease comes for is reset without one', async () => {
  const broker = one()
  await broker.withConnection((client) => client.query('SELECT pg_advisory_lock(42)'))
  await until(async () => (await advisoryLocks()) === 0, 'for the lock to be given back')
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1, leases: 1, resets: 1 })
})

test('a session that no lease comes for, and that cannot be reset, is closed', async () => {
  const broker = one()
  await broker.withConnection(async (client) => {
    for (const statement of UNRESETTABLE) await client.query(statement)
  })
  await until(() => broker.stats().default!.closed.unclean === 1, 'for the connection to be closed')
  expect(await processId(broker)).toBeGreaterThan(0)
})

test('a query behind a reset can be cancelled', async () => {
  const broker = one()
  const error = await handOver(broker, ['SELECT 1'], () =>
    broker.withConnection(async (client) => {
      const sleep = client.query('SELECT pg_sleep(3600)').catch((error) => error)
      await until(() => broker.stats().default!.leases === 2, 'for the grant')
      client.cancelQuery()
      return sleep
    }),
  )
  expect(error).toMatchObject({ code: '57014' })
  await untilQuiet(broker)
})

test('a lease may be given up while its query runs behind a reset', async () => {
  const broker = one()
  const stop = new AbortController()
  const lost = handOver(broker, ['SELECT 1'], () =>
    broker.withConnection((client) => client.query('SELECT pg_sleep(3600)'), { signal: stop.signal }),
  )
  await until(() => broker.stats().default!.leases === 2, 'for the grant')
  stop.abort()
  await expect(lost).rejects.toMatchObject({ name: 'AbortError' })
  await untilQuiet(broker)
  expect(await processId(broker)).toBeGreaterThan(0)
})

test('a lease whose only message brings no answer leaves the next one a session in step', async () => {
  const broker = one()
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  const port = await thread.leasePort()
  const holder = await hold(broker)
  const request = { database: 'default' }
  const flush = new Uint8Array(Buffer.from('H\0\0\0\x04', 'latin1'))
  port.postMessage({ open: 1, request, bytes: flush })
  port.postMessage('release')
  port.postMessage({ open: 2, request, bytes: new Uint8Array(queryMessage("SELECT 'mine'")) })
  const grants = on(port, 'message')
  await holder.release()
  const [first] = (await grants.next()).value
  expect(first).toMatchObject({ grant: 1, bytes: undefined })
  const [frame] = (await grants.next()).value
  expect(frame).toMatchObject({ grant: 2 })
  expect(Buffer.from(frame.bytes).toString('latin1')).toContain('mine')
  port.postMessage('release')
  await untilQuiet(broker)
  expect(await processId(broker)).toBe(holder.processId)
})

test('a server that reports the reset of a setting does not report it to the next lease', async () => {
  const broker = one()
  const reported = await handOver(broker, ["SET TimeZone = 'Asia/Tokyo'"], () =>
    broker.withConnection(async (client) => {
      const names: string[] = []
      const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
      connection.on('parameterStatus', ({ parameterName }) => names.push(parameterName))
      await client.query('SELECT 1')
      return names
    }),
  )
  // As each lease hears it.
  expect(reported).toEqual(['server_version'])
})

test('of many leases in a row on two connections each finds its session clean, and has its own answer', async () => {
  const broker = lending.broker({ max: 2 })
  const leftovers = [
    ["SET work_mem = '1MB'"],
    ['SELECT pg_advisory_lock(7)'],
    UNRESETTABLE,
    ['CREATE TEMP TABLE mine ()', "SET TimeZone = 'Asia/Tokyo'"],
    [],
    ['BEGIN', 'PREPARE mine AS SELECT 1'],
    ['LISTEN mine', 'NOTIFY mine'],
    [],
  ]
  const look = `
    SELECT $1::int AS id, current_setting('work_mem') AS mem, current_setting('statement_timeout') AS timeout,
      to_regclass('mine')::text AS mine, (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
      (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks`
  const lease = (id: number) =>
    broker.withConnection(async (client) => {
      const { rows } = await client.query(look, [id])
      for (const statement of leftovers[id % leftovers.length]!) await client.query(statement)
      return rows[0]
    })
  const seen = await Promise.all(Array.from({ length: 40 }, (_, id) => lease(id)))
  const clean = { mem: '4MB', timeout: '0', mine: null, prepared: 0, locks: 0 }
  expect(seen).toEqual(seen.map((_, id) => ({ id, ...clean })))
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ closed: { unclean: 5 }, rollbacks: 5 })
})
