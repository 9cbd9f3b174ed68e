import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { clockGoesOn, holdTimers } from '../support/stopped-clock.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

/** The connection of a broker whose threads lease none. */
function connected(broker: ConnectionBroker): Promise<unknown> {
  return until(() => broker.stats().default!.idle === 1, 'for a connection to be there')
}

/** A thread that does nothing. */
function thread(): Worker {
  const worker = new Worker('', { eval: true })
  lending.closeAfterTest(() => worker.terminate())
  return worker
}

describe('while the first thread starts, a connection is opened for what it leases', () => {
  test('by an executor, one for all its threads', async () => {
    holdTimers()
    const broker = lending.broker()
    const executor = lending.executor(broker, 'thread.js', { minThreads: 3, maxThreads: 3 })
    await connected(broker)
    await executor.run(undefined, { name: 'here' })
    expect(broker.stats().default).toMatchObject({ total: 1, opened: 1, leases: 0 })
  })

  test('not before an executor without threads starts one', async () => {
    holdTimers()
    const broker = lending.broker()
    const executor = lending.executor(broker, 'thread.js', { minThreads: 0 })
    await executor.run(undefined, { name: 'here' })
    await connected(broker)
  })

  test('by a broker that a thread is attached to', async () => {
    holdTimers()
    const broker = lending.broker()
    broker.attach(thread())
    expect(broker.stats().default).toMatchObject({ total: 1, connecting: 1 })
    broker.attach(thread())
    expect(broker.stats().default).toMatchObject({ total: 1 })
    await connected(broker)
  })
})

test('no connection is opened for a thread that starts while there is one', async () => {
  const broker = lending.broker({ max: 2 })
  const held = await hold(broker)
  broker.attach(thread())
  expect(broker.stats().default).toMatchObject({ total: 1, leased: 1 })
  await held.release()
})

test('none is opened to a database that is leased by its name only', () => {
  const broker = lending.broker({}, { replica: {} })
  broker.attach(thread(), { databases: ['replica'] })
  expect(broker.stats()).toMatchObject({ default: { total: 0 }, replica: { total: 0 } })
})

test('none is opened to a database that is paused', () => {
  const broker = lending.broker()
  broker.pause()
  broker.attach(thread())
  expect(broker.stats().default).toMatchObject({ total: 0 })
})

describe('where the server is silent while the thread starts', () => {
  test('whoever leases later has an attempt of its own', async () => {
    const proxy = await lending.proxy()
    proxy.swallow('toClient')
    const broker = lending.broker({ connectionString: proxy.connectionString })
    broker.attach(thread())
    await until(() => broker.stats().default!.total === 0, 'for the connection to be given up')
    proxy.pass('toClient')
    await broker.withConnection((client) => client.query('SELECT 1'))
    expect(broker.stats().default).toMatchObject({ opened: 1, connectFailures: 0 })
  })

  test('a lease that waits for the connection goes on waiting for it', async () => {
    const letPass = holdTimers()
    const proxy = await lending.proxy()
    proxy.hold('toClient')
    const broker = lending.broker({ connectionString: proxy.connectionString })
    broker.attach(thread())
    const leased = broker.withConnection((client) => client.query('SELECT 1'))
    await until(() => broker.stats().default!.waiting === 1, 'for the lease to wait')
    letPass(10_000)
    await until(() => proxy.waiting > 0, 'for the server to have answered')
    proxy.pass('toClient')
    await leased
    expect(proxy.accepted).toBe(1)
  })
})

test('after one that could not be opened no other is, before somebody wants it', async () => {
  const letPass = holdTimers()
  const proxy = await lending.proxy()
  proxy.refuse()
  const broker = lending.broker({ connectionString: proxy.connectionString })
  broker.attach(thread())
  await until(() => broker.stats().default!.connectFailures === 1, 'for the connection to be refused')
  letPass(10_000)
  broker.attach(thread())
  expect(broker.stats().default).toMatchObject({ total: 0 })
  await proxy.accept()
  await broker.withConnection((client) => client.query('SELECT 1'))
  expect(broker.stats().default).toMatchObject({ opened: 1, connectFailures: 1 })
})

test('where none can be opened, threads start, tasks run, and the first lease is told why', async () => {
  const { href } = Object.assign(new URL(database.connectionString), { password: 'wrong' })
  const broker = lending.broker({ connectionString: href })
  const executor = lending.executor(broker, 'thread.js')
  await until(() => broker.stats().default!.connectFailures === 1, 'for the server to refuse')
  expect(await executor.run(undefined, { name: 'here' })).toEqual(expect.any(Number))
  await expect(executor.run(undefined, { name: 'nativeLoads' })).rejects.toMatchObject({
    code: 'PGLEASE_CONNECT',
    cause: { code: '28P01' },
  })
})
