import type { LeasedClient, WithConnectionOptions } from '@pglease/client'
import { expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const OPTIONS = `SELECT current_setting('transaction_isolation') AS level,
  current_setting('transaction_read_only') AS "readOnly", current_setting('transaction_deferrable') AS deferrable,
  pg_backend_pid() AS pid`

const SERVER = { level: 'read committed', readOnly: 'off', deferrable: 'off' }

/** The options of a transaction that says none of its own. */
const look = (broker: ConnectionBroker, options: WithConnectionOptions = {}) =>
  broker.withConnection(async (client) => (await client.query(OPTIONS)).rows[0], options)

test.each([
  [{}, SERVER],
  [{ isolationLevel: 'read uncommitted' }, { ...SERVER, level: 'read uncommitted' }],
  [{ isolationLevel: 'read committed' }, SERVER],
  [{ isolationLevel: 'repeatable read' }, { ...SERVER, level: 'repeatable read' }],
  [{ isolationLevel: 'serializable' }, { ...SERVER, level: 'serializable' }],
  [{ readOnly: true }, { ...SERVER, readOnly: 'on' }],
  [{ deferrable: true }, { ...SERVER, deferrable: 'on' }],
  [
    { isolationLevel: 'serializable', readOnly: true, deferrable: true },
    { level: 'serializable', readOnly: 'on', deferrable: 'on' },
  ],
] as const)('a database and a lease take %j', async (options, expected) => {
  const broker = lending.broker({ max: 1 }, { configured: { max: 1, ...options } })
  expect(await look(broker, options)).toMatchObject(expected)
  expect(await look(broker)).toMatchObject(SERVER)
  expect(await look(broker, { database: 'configured' })).toMatchObject(expected)
  // Again, after a reset.
  expect(await look(broker, { database: 'configured' })).toMatchObject(expected)
})

test('the options of a lease replace those of its database, for that lease alone', async () => {
  const broker = lending.broker({ max: 1, isolationLevel: 'serializable', readOnly: true })
  const configured = { level: 'serializable', readOnly: 'on', deferrable: 'off' }
  const { pid } = await look(broker)
  expect(await look(broker, { isolationLevel: 'read committed', readOnly: false })).toEqual({
    ...SERVER,
    pid,
  })
  expect(await look(broker)).toEqual({ ...configured, pid })
  expect(await look(broker, { deferrable: true })).toEqual({ ...configured, deferrable: 'on', pid })
  expect(await look(broker)).toEqual({ ...configured, pid })
})

test('they hold in transactions that the lease begins, which may say otherwise', async () => {
  const broker = lending.broker()
  const seen = await broker.withConnection(
    async (client) => {
      await client.query('BEGIN')
      const begun = (await client.query(OPTIONS)).rows[0]
      await client.query('COMMIT; BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
      return [begun, (await client.query(OPTIONS)).rows[0]]
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  )
  expect(seen).toMatchObject([{ level: 'repeatable read', readOnly: 'on' }, SERVER])
})

test('a read-only lease cannot write', async () => {
  const broker = lending.broker()
  const write = broker.withConnection((client) => client.query('CREATE TABLE written ()'), { readOnly: true })
  await expect(write).rejects.toMatchObject({ code: '25006' })
})

test.each(['', 'DISCARD TEMP', 'RESET ALL'])(
  'they do not leak into the next lease where the reset is replaced by “%s”',
  async (resetQuery) => {
    const broker = lending.broker(
      { max: 1, resetQuery },
      { configured: { max: 1, resetQuery, isolationLevel: 'repeatable read' } },
    )
    const strict = { isolationLevel: 'serializable', readOnly: true, deferrable: true } as const
    const { pid } = await look(broker, strict)
    expect(await look(broker)).toEqual({ ...SERVER, pid })
    await look(broker, { ...strict, database: 'configured' })
    expect(await look(broker, { database: 'configured' })).toMatchObject({
      ...SERVER,
      level: 'repeatable read',
    })
  },
)

test('they do not leak from a lease that fails or is ended in a transaction', async () => {
  const broker = lending.broker({ max: 1 })
  const broken = async (client: LeasedClient) => {
    await client.query('BEGIN; SELECT 1')
    await client.query('SELECT 1/0')
  }
  await expect(
    broker.withConnection(broken, { isolationLevel: 'serializable', readOnly: true }),
  ).rejects.toThrow()
  expect(await look(broker)).toMatchObject(SERVER)
})

test('options equal to those of the database cost no statement', async () => {
  const broker = lending.broker({
    max: 1,
    isolationLevel: 'serializable',
    readOnly: true,
    validateAfterIdleMillis: 60_000,
  })
  /** Each statement outside of a transaction is a transaction: the server counts them for each connection. */
  const transactions = async (options: WithConnectionOptions = {}) => {
    await untilQuiet(broker)
    return broker.withConnection(async (client) => {
      const { rows } = await client.query(
        `SELECT split_part(virtualtransaction, '/', 2)::int AS number FROM pg_locks
         WHERE pid = pg_backend_pid() AND locktype = 'virtualxid'`,
      )
      return rows[0].number as number
    }, options)
  }
  const first = await transactions()
  const plain = await transactions()
  const equal = await transactions({ isolationLevel: 'serializable', readOnly: true })
  const other = await transactions({ isolationLevel: 'read committed', readOnly: true })
  expect(equal - plain).toBe(plain - first)
  expect(other - equal).toBe(plain - first + 1)
})
