import type { PoolClient } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, untilWaiting } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test("the main thread's libraries have a pg.Pool on the connections that threads lease", async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor(broker, 'manners/basics.js')
  const pool = broker.pool()
  const { rows } = await pool.query('SELECT pg_backend_pid() AS pid')
  expect(await executor.run(undefined, { name: 'processId' })).toBe(rows[0].pid)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ total: 1, opened: 1, leases: 2 })
})

test('what it hands out counts in the max of its database', async () => {
  const broker = lending.broker({ max: 2 })
  const pool = broker.pool()
  const clients = [await pool.connect(), await pool.connect()]
  for (const client of clients) await client.query('SELECT 1')
  expect(pool).toMatchObject({ totalCount: 2, idleCount: 0 })
  const waiting = pool.query('SELECT 3 AS three')
  await untilWaiting(broker, 1)
  expect(await database.serverConnections()).toBe(2)
  clients[0]!.release()
  expect((await waiting).rows).toEqual([{ three: 3 }])
  clients[1]!.release()
  expect(pool.totalCount).toBe(0)
})

test('its clients begin with a clean session, and leave none behind', async () => {
  const broker = lending.broker({ max: 1 })
  const pool = broker.pool()
  const client: PoolClient = await pool.connect()
  await client.query('CREATE TEMP TABLE mine ()')
  client.release()
  const { rows } = await pool.query("SELECT to_regclass('mine') AS found")
  expect(rows).toEqual([{ found: null }])
})

test('it is of the database that is named, with the options of its leases', async () => {
  const broker = lending.broker({ max: 1 }, { replica: { max: 1 } })
  const pool = broker.pool({ database: 'replica', readOnly: true, max: 1 })
  await expect(pool.query('CREATE TABLE written ()')).rejects.toMatchObject({ code: '25006' })
  await untilQuiet(broker, 'replica')
  expect(broker.stats()).toMatchObject({ default: { leases: 0 }, replica: { leases: 1 } })
})

test('a client of it hears notifications, and holds its connection as long', async () => {
  const broker = lending.broker({ max: 2 })
  const pool = broker.pool()
  const listener = await pool.connect()
  const heard: unknown[] = []
  listener.on('notification', ({ payload }) => heard.push(payload))
  await listener.query('LISTEN news')
  await pool.query("NOTIFY news, 'it works'")
  await until(() => heard.length > 0, 'for the notification')
  expect(heard).toEqual(['it works'])
  await until(() => broker.stats().default!.leased === 1, 'for the other lease to be over')
  await pool.query('SELECT 1')
  await until(() => broker.stats().default!.leased === 1, 'for the listener to be left alone')
  listener.release()
})

test('it ends with the broker, by itself', async () => {
  const broker = lending.broker({ max: 1 })
  const pool = broker.pool()
  const client = await pool.connect()
  await client.query('SELECT 1')
  await broker.close({ timeoutMillis: 0 })
  await expect(client.query('SELECT 1')).rejects.toThrow()
  client.release()
  await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
  expect(() => broker.pool()).toThrow(expect.objectContaining({ code: 'PGLEASE_BROKER_CLOSED' }))
})

test('it may end before the broker does, as any pg.Pool', async () => {
  const broker = lending.broker({ max: 1 })
  const pool = broker.pool()
  await pool.query('SELECT 1')
  await pool.end()
  await expect(pool.query('SELECT 1')).rejects.toThrow('end')
  const held = await hold(broker)
  await held.release()
})

test('its end refuses those who wait for one of its max, and waits for those who have one', async () => {
  const broker = lending.broker({ max: 2 })
  const pool = broker.pool({ max: 1, connectionTimeoutMillis: 60_000 })
  const client = await pool.connect()
  await client.query('SELECT 1')
  const waiting = [pool.connect(), pool.query('SELECT 2')]
  const called = new Promise((resolve) => pool.connect((error) => resolve(error)))
  expect(pool.waitingCount).toBe(3)
  const end = pool.end()
  for (const each of waiting) await expect(each).rejects.toThrow('after calling end on the pool')
  expect(await called).toBeInstanceOf(Error)
  expect((await client.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }])
  client.release()
  await end
  expect(pool).toMatchObject({ totalCount: 0, waitingCount: 0 })
})

test('a wrong option is refused at once', () => {
  const broker = lending.broker()
  const wrong = (options: object) => () => broker.pool(options as never)
  const refusal = expect.objectContaining({ code: 'PGLEASE_CONFIGURATION' })
  for (const options of [{ max: 0 }, { max: '2' }, { idleTimeoutMillis: 5 }, { databse: 'default' }])
    expect(wrong(options)).toThrow(refusal)
})
