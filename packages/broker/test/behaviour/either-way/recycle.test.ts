import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting, warm } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { gate, until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

test('idle connections are closed at once, and the pool goes on', async () => {
  const broker = lending.broker({ max: 3 })
  await warm(broker, 3)
  await broker.recycle()
  expect(broker.stats().default).toMatchObject({ idle: 0, closed: { recycled: 3 } })
  await until(async () => (await database.serverConnections()) === 0, 'for the server to see it')
  expect(await processId(broker)).toBeTypeOf('number')
})

test('leased connections are closed when they come back, and their holders notice nothing', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  await broker.recycle()
  const waiter = processId(broker)
  await untilWaiting(broker, 1)
  expect(broker.stats().default).toMatchObject({ leased: 1, closed: { recycled: 0 } })
  await held.release()
  expect(await waiter).not.toBe(held.processId)
  expect(broker.stats().default).toMatchObject({ opened: 2, revoked: 0, closed: { recycled: 1 } })
})

test('a connection that was being opened before is not lent after', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({ max: 1, connectionString: doorman.connectionString })
  doorman.holdNewcomers()
  const waiter = processId(broker)
  await until(() => doorman.waiting === 1, 'for the new connection')
  await broker.recycle()
  doorman.letIn()
  expect(await waiter).toBeTypeOf('number')
  expect(broker.stats().default).toMatchObject({ opened: 2, leases: 1, closed: { recycled: 1 } })
})

test('a connection that was being reset before is not lent after', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  await held.release()
  await broker.recycle()
  expect(await processId(broker)).not.toBe(held.processId)
})

test('the minimum is filled up again with new connections', async () => {
  const broker = lending.broker({ min: 2 })
  await broker.ready()
  await broker.recycle()
  await until(() => broker.stats().default!.idle === 2, 'for new connections')
  expect(broker.stats().default).toMatchObject({ opened: 4, total: 2, closed: { recycled: 2 } })
})

test('with force the holders lose their leases and are told why', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const task = executor.run('SELECT pg_sleep(3600)', { name: 'runs' })
  await until(() => broker.stats().default!.leased === 1, 'for the task')
  const answered = gate()
  const idler = broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    answered.open()
    await until(() => client.isOver, 'for the lease to be revoked')
    return client.query('SELECT 2')
  })
  await answered
  const outcomes = Promise.allSettled([task, idler])
  await broker.recycle('default', { force: true })
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({
      reason: {
        name: 'LeaseRevokedError',
        code: 'PGLEASE_LEASE_REVOKED',
        retryable: true,
        database: 'default',
        message: 'The connections to "default" are being recycled.',
      },
    })
  }
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({
    revoked: 2,
    cancels: 1,
    total: 0,
    opened: 2,
    closed: { recycled: 2, unclean: 0 },
  })
  expect(await executor.run(undefined, { name: 'processId' })).toBeTypeOf('number')
})

test('with force those who wait keep their place', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  const waiter = processId(broker)
  await untilWaiting(broker, 1)
  await broker.recycle('default', { force: true })
  expect(await waiter).not.toBe(held.processId)
  await held.release()
})

test('one database is recycled and the others are left alone', async () => {
  const broker = lending.broker({}, { replica: {} })
  await processId(broker)
  const replica = await processId(broker, { database: 'replica' })
  await untilQuiet(broker, 'replica')
  await broker.recycle('default')
  expect(await processId(broker, { database: 'replica' })).toBe(replica)
})

test('an unknown database is refused, and so are wrong options and a broker that is closed', async () => {
  const broker = lending.broker()
  await expect(broker.recycle('replica')).rejects.toMatchObject({ code: 'PGLEASE_UNKNOWN_DATABASE' })
  await expect(broker.recycle('default', { forced: true } as never)).rejects.toMatchObject({
    code: 'PGLEASE_CONFIGURATION',
    option: 'recycle.forced',
  })
  await broker.close()
  await expect(broker.recycle()).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
})
