import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test('nothing is opened before it is needed, and ready opens the minimum of each database', async () => {
  const broker = lending.broker({ min: 2, max: 4 }, { replica: { min: 1, max: 1 }, archive: {} })
  expect(await database.serverConnections()).toBe(0)
  await broker.ready()
  expect(await database.serverConnections()).toBe(3)
  expect(broker.stats()).toMatchObject({
    default: { total: 2, idle: 2, opened: 2, leases: 0 },
    replica: { total: 1, idle: 1, opened: 1 },
    archive: { total: 0, opened: 0 },
  })
})

test('ready may be asked again, and while it is busy', async () => {
  const broker = lending.broker({ min: 2 })
  await Promise.all([broker.ready(), broker.ready()])
  await broker.ready()
  expect(broker.stats().default).toMatchObject({ total: 2, opened: 2 })
})

test('the minimum is kept when idle, and what is above it is not', async () => {
  const broker = lending.broker({ min: 2, max: 4, idleTimeoutMillis: 1 })
  await broker.ready()
  const held = await Promise.all(Array.from({ length: 4 }, () => hold(broker)))
  await Promise.all(held.map((each) => each.release()))
  const isDone = () => broker.stats().default!.total === 2 && broker.stats().default!.idle === 2
  await until(isDone, 'for the idle ones to be closed')
  expect(broker.stats().default).toMatchObject({ opened: 4, closed: { idle: 2 }, idle: 2 })
  expect(await database.serverConnections()).toBe(2)
})

test('the minimum is filled up again when connections are lost', async () => {
  const broker = lending.broker({ min: 2 })
  await broker.ready()
  await database.terminateConnections()
  await until(() => broker.stats().default!.opened === 4, 'for new connections')
  await until(() => broker.stats().default!.idle === 2, 'for them to be ready')
  expect(broker.stats().default).toMatchObject({ closed: { lost: 2 } })
})

test('ready waits for a server that is still away', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({ min: 1, connectionString: proxy.connectionString })
  proxy.refuse()
  const ready = broker.ready()
  await until(() => broker.stats().default!.connectFailures > 0, 'for the server to be missed')
  await proxy.accept()
  await ready
  expect(broker.stats().default).toMatchObject({ idle: 1 })
})

test('ready gives up on a server that stays away, and says why', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({
    min: 1,
    connectionString: proxy.connectionString,
    connectionTimeoutMillis: 300,
  })
  proxy.refuse()
  await expect(broker.ready()).rejects.toMatchObject({
    code: 'PGLEASE_LEASE_TIMEOUT',
    retryable: true,
    database: 'default',
    cause: { code: 'ECONNREFUSED' },
  })
})

test('ready fails at once when the server refuses for good', async () => {
  const { href } = Object.assign(new URL(database.connectionString), { password: 'wrong' })
  const broker = lending.broker({ min: 1, connectionString: href, connectionTimeoutMillis: 0 })
  await expect(broker.ready()).rejects.toMatchObject({
    code: 'PGLEASE_CONNECT',
    retryable: false,
    database: 'default',
    cause: { code: '28P01' },
  })
})

test('ready is refused by a broker that closes', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({ min: 1, connectionString: proxy.connectionString })
  proxy.hold('toServer')
  const ready = expect(broker.ready()).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
  await broker.close()
  await ready
  await expect(broker.ready()).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
})
