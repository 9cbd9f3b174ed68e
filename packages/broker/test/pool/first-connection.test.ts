import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

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
    const broker = lending.broker()
    const executor = lending.executor(broker, 'thread.js', { minThreads: 3, maxThreads: 3 })
    await connected(broker)
    await executor.run(undefined, { name: 'here' })
    expect(broker.stats().default).toMatchObject({ total: 1, opened: 1, leases: 0 })
  })

  test('not before an executor without threads starts one', async () => {
    const broker = lending.broker()
    const executor = lending.executor(broker, 'thread.js', { minThreads: 0 })
    await executor.run(undefined, { name: 'here' })
    await connected(broker)
  })

  test('by a broker that a thread is attached to', async () => {
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
