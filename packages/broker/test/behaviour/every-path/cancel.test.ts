import type { LeasedClient } from '@pglease/client'
import { startPostgres } from '@pglease/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionBroker, DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import type { Doorman } from '../../support/doorman.js'
import { processId, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { lock } from '../../support/lock.js'
import { until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Of the advisory lock that a query waits for. */
const KEY = 1
const SLOW = `SELECT pg_advisory_xact_lock(${KEY})`

/** Cancels a query that is over before the cancel reaches the server: it waits at the doorman. */
async function cancelTooLate(
  client: LeasedClient,
  doorman: Doorman,
  held: Awaited<ReturnType<typeof lock>>,
): Promise<void> {
  const slow = client.query(SLOW)
  await untilRunning(database, SLOW)
  doorman.holdNewcomers()
  client.cancelQuery()
  await until(() => doorman.waiting === 1, 'for the cancel')
  await held.release()
  await slow
}

/** Cancels a query on a lease, and asks for another on the same. */
function cancelled(broker: ConnectionBroker, admin: pg.Client) {
  return broker.withConnection(async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    const error = client.query(SLEEP).catch((error) => error)
    await untilRunning(database, SLEEP, admin)
    client.cancelQuery()
    const { code } = await error
    const after = await client.query('SELECT pg_backend_pid() AS pid')
    return { code, isSame: after.rows[0].pid === rows[0].pid }
  })
}

describe('cancelQuery', () => {
  test('ends the query under way, and the lease goes on', async () => {
    const broker = lending.broker({ max: 1 })
    expect(await cancelled(broker, database.admin)).toEqual({ code: '57014', isSame: true })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ cancels: 1, leases: 1, opened: 1, idle: 1 })
  })

  test('keeps the transaction, which has failed as after any error', async () => {
    const broker = lending.broker()
    const status = await broker.withConnection(async (client) => {
      await client.query('BEGIN; SAVEPOINT s')
      const error = client.query(SLEEP).catch((error) => error)
      await untilRunning(database)
      client.cancelQuery()
      await error
      await client.query('ROLLBACK TO s')
      return (await client.query('SELECT 1 AS one')).rows[0]
    })
    expect(status).toEqual({ one: 1 })
  })

  test('without a query does nothing, not even to the next one', async () => {
    const broker = lending.broker()
    await broker.withConnection(async (client) => {
      client.cancelQuery()
      await client.query('SELECT 1')
      client.cancelQuery()
      expect((await client.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }])
    })
    expect(broker.stats().default!.cancels).toBe(0)
  })

  test('hits only the query that it was meant for, however late its connection is', async () => {
    const doorman = await lending.doorman()
    const broker = lending.broker({ max: 1, connectionString: doorman.connectionString })
    const held = await lock(database, KEY)
    await broker.withConnection(async (client) => {
      await cancelTooLate(client, doorman, held)
      const next = client.query('SELECT 1 AS one')
      doorman.letIn()
      expect((await next).rows).toEqual([{ one: 1 }])
    })
  })
})

describe('a cancel can never hit the next lease’s query', () => {
  /** A lease whose query is over, and whose cancel is still on its way. Returns how to go on. */
  async function lateCancel(options: DatabaseOptions) {
    const doorman = await lending.doorman()
    const broker = lending.broker({ max: 1, connectionString: doorman.connectionString, ...options })
    const held = await lock(database, KEY)
    const before = await broker.withConnection(async (client) => {
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
      await cancelTooLate(client, doorman, held)
      return rows[0].pid as number
    })
    const next = processId(broker)
    await untilWaiting(broker, 1)
    return { broker, doorman, before, next }
  }

  test('because the connection is kept apart until the cancel is over', async () => {
    const { broker, doorman, before, next } = await lateCancel({})
    expect(broker.stats().default).toMatchObject({ leased: 0, settling: 1, resets: 0 })
    doorman.letIn()
    expect(await next).toBe(before)
    expect(broker.stats().default).toMatchObject({ resets: 1, closed: { unclean: 0 } })
  })

  test('and is closed when that cannot be known in time', async () => {
    // With TLS the request has not left while the server is silent: then it is known.
    const { broker, doorman, before, next } = await lateCancel({ cancelTimeoutMillis: 50, ssl: false })
    await until(() => broker.stats().default!.closed.unclean === 1, 'for the connection to be closed')
    doorman.letIn()
    expect(await next).not.toBe(before)
    expect(broker.stats().default).toMatchObject({ opened: 2, resets: 0 })
  })

  test('also when the lease was released with the query under way', async () => {
    const doorman = await lending.doorman()
    const broker = lending.broker({ max: 1, connectionString: doorman.connectionString })
    const held = await lock(database, 3)
    let before: number | undefined
    const lease = broker.withConnection(async (client) => {
      before = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
      client.query('SELECT pg_advisory_xact_lock(3)').catch(() => {})
      await untilRunning(database, 'SELECT pg_advisory_xact_lock(3)')
      doorman.holdNewcomers()
      throw new Error('enough')
    })
    await expect(lease).rejects.toThrow('enough')
    await until(() => doorman.waiting === 1, 'for the cancel')
    await held.release()
    const next = processId(broker)
    await untilWaiting(broker, 1)
    expect(broker.stats().default).toMatchObject({ settling: 1, resets: 0 })
    doorman.letIn()
    expect(await next).toBe(before)
  })

  test('under a storm of releases in the middle of queries', async () => {
    const broker = lending.broker({ max: 2 })
    const errors: unknown[] = []
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        broker
          .withConnection(async (client) => {
            await client.query('SELECT pg_sleep(0.002)').catch((error) => errors.push(error))
            if (index % 2 === 0) return
            client.query(SLEEP).catch(() => {})
            throw new Error('enough')
          })
          .catch(({ message }) => expect(message).toBe('enough')),
      ),
    )
    await untilQuiet(broker)
    expect(errors).toEqual([])
    const { opened, closed, leases } = broker.stats().default!
    expect({ opened, unclean: closed.unclean, leases }).toEqual({ opened: 2, unclean: 0, leases: 60 })
  })
})

test('a query that does not stop costs its connection, and no more than the time allowed', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({
    max: 1,
    cancelTimeoutMillis: 50,
    connectionString: doorman.connectionString,
  })
  const before = await broker.withConnection(async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    client.query(SLEEP).catch(() => {})
    await untilRunning(database)
    doorman.treat('deaf')
    return rows[0].pid
  })
  expect(await processId(broker)).not.toBe(before)
  expect(broker.stats().default).toMatchObject({ opened: 2, closed: { unclean: 1 } })
})

describe('a cancel goes the way of its connection', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  let admin: pg.Client
  beforeAll(async () => {
    server = await startPostgres({ ssl: true })
    admin = new pg.Client({ connectionString: server.connectionString })
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  /** The code behind the length, as of "Message Formats", chapter 54.7 of the PostgreSQL documentation. */
  const SSL_REQUEST = 80877103

  async function overTls(options: DatabaseOptions) {
    const doorman = await lending.doorman(server.connectionString)
    const ssl = { ca: server.certificate!.cert }
    const broker = lending.broker({ max: 1, connectionString: doorman.connectionString, ssl, ...options })
    expect(await cancelled(broker, admin)).toEqual({ code: '57014', isSame: true })
    // One connection to query on, and one to cancel.
    expect(doorman.greetings).toHaveLength(2)
    return doorman.greetings
  }

  test('with TLS, and the certificate checked', async () => {
    for (const greeting of await overTls({})) expect(greeting.readInt32BE(4)).toBe(SSL_REQUEST)
  })

  test('with TLS from the first byte', async () => {
    // The first byte of a TLS handshake.
    for (const greeting of await overTls({ sslnegotiation: 'direct' })) expect(greeting[0]).toBe(0x16)
  })

  test.skipIf(process.platform === 'win32')('over a Unix socket', async () => {
    const broker = lending.broker({ max: 1, connectionString: server.socketConnectionString!, ssl: false })
    expect(await cancelled(broker, admin)).toEqual({ code: '57014', isSame: true })
  })
})
