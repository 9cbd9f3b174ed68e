import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting, warm } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const untilPaused = (broker: ConnectionBroker) =>
  until(() => broker.stats().default!.total === 0, 'for the connections to be closed')

test('five times under load, each finds no connection open, and nobody gets an error', async () => {
  const broker = lending.broker({ max: 2, min: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { maxThreads: 2 })
  let isOver = false
  const pids = new Set<number>()
  const load = async (once: () => Promise<number>) => {
    while (!isOver) pids.add(await once())
  }
  const inThreads = () => executor.run(undefined, { name: 'processId' })
  const loads = Promise.all([...[1, 2, 3].map(() => load(inThreads)), load(() => processId(broker))])
  for (let cycle = 0; cycle < 5; cycle++) {
    const { leases } = broker.stats().default!
    await until(() => broker.stats().default!.leases > leases + 4, 'for leases')
    expect(await broker.pause()).toBe(true)
    expect(broker.stats().default).toMatchObject({ paused: true, total: 0 })
    await until(async () => (await database.serverConnections()) === 0, 'for the server to see it')
    await until(() => broker.stats().default!.waiting > 0, 'for somebody to wait')
    expect(broker.stats().default).toMatchObject({ total: 0 })
    broker.resume()
    expect(broker.stats().default).toMatchObject({ paused: false })
  }
  isOver = true
  await loads
  expect(pids.size).toBeGreaterThanOrEqual(5)
  expect(broker.stats().default).toMatchObject({ timeouts: 0, refused: 0, revoked: 0 })
})

describe('while a database is paused', () => {
  test('those who hold leases go on, and the pause waits for them', async () => {
    const broker = lending.broker({ max: 2 })
    await warm(broker, 2)
    const held = await hold(broker)
    let isDone = false
    const pauses = [broker.pause(), broker.pause()]
    pauses[0]!.then(() => {
      isDone = true
    })
    await until(() => broker.stats().default!.total === 1, 'for the idle one to be closed')
    expect(broker.stats().default).toMatchObject({ leased: 1, closed: { paused: 1 } })
    expect(isDone).toBe(false)
    await held.release()
    expect(await Promise.all(pauses)).toEqual([true, true])
    expect(broker.stats().default).toMatchObject({ total: 0, closed: { paused: 2 } })
  })

  test('those who come wait, and are served in their order after it', async () => {
    const broker = lending.broker({ max: 1 })
    await broker.pause()
    const served: number[] = []
    const waiters = [0, 0, 5].map(async (priority, number) => {
      await processId(broker, { priority })
      served.push(number)
    })
    await untilWaiting(broker, 3)
    broker.resume()
    await Promise.all(waiters)
    expect(served).toEqual([2, 0, 1])
  })

  test('who waits does so for no longer than it said, and is told why', async () => {
    const broker = lending.broker({ max: 1, maxWaiting: 1 })
    const held = await hold(broker)
    const pause = broker.pause()
    await expect(processId(broker, { connectionTimeoutMillis: 20 })).rejects.toMatchObject({
      code: 'PGLEASE_LEASE_TIMEOUT',
      message: expect.stringContaining('it is paused, and 1 of at most 1 is leased'),
    })
    await held.release()
    await pause
    const waiting = [processId(broker), processId(broker)]
    await untilWaiting(broker, 2)
    await expect(processId(broker)).rejects.toMatchObject({
      code: 'PGLEASE_QUEUE_FULL',
      message: '1 lease waits for "default" already, its maxWaiting, and it is paused.',
    })
    broker.resume()
    await Promise.all(waiting)
  })

  test('who waits may leave', async () => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
    await broker.pause()
    const stop = new AbortController()
    const aborted = [
      processId(broker, { signal: stop.signal }),
      executor.run(undefined, { name: 'processId', signal: stop.signal }),
    ]
    await untilWaiting(broker, 2)
    stop.abort(new Error('enough'))
    for (const one of aborted) await expect(one).rejects.toThrow('enough')
    await until(() => broker.stats().default!.waiting === 0, 'for both to leave')
    broker.resume()
    expect(await executor.run(undefined, { name: 'processId' })).toBeTypeOf('number')
  })

  test('threads may end, one that holds a lease and one that waits for it', async () => {
    const broker = lending.broker({ max: 2 })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { maxThreads: 2 })
    const holder = executor.run('SELECT pg_sleep(3600)', { name: 'runs' })
    await until(() => broker.stats().default!.leased === 1, 'for the lease')
    const pause = broker.pause()
    const waiter = executor.run(undefined, { name: 'processId' })
    await untilWaiting(broker, 1)
    const ended = Promise.allSettled([holder, waiter])
    await executor.close({ timeoutMillis: 0 })
    expect(await ended).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
    expect(await pause).toBe(true)
    expect(broker.stats().default).toMatchObject({ total: 0, waiting: 0 })
  })

  test('connections that were being opened are given up, and who waits for them gets others', async () => {
    const doorman = await lending.doorman()
    const broker = lending.broker({ max: 2, connectionString: doorman.connectionString })
    doorman.holdNewcomers()
    const waiters = [processId(broker), processId(broker)]
    await until(() => doorman.waiting === 2, 'for the connections')
    const pause = broker.pause()
    broker.resume()
    expect(await pause).toBe(false)
    expect(await Promise.all([broker.pause(), broker.pause()])).toEqual([true, true])
    doorman.letIn()
    broker.resume()
    for (const pid of await Promise.all(waiters)) expect(pid).toBeTypeOf('number')
    expect(broker.stats().default).toMatchObject({ connectFailures: 0, refused: 0 })
  })

  test('the minimum is not kept, and is afterwards', async () => {
    const broker = lending.broker({ min: 2 })
    await broker.ready()
    await broker.pause()
    const ready = broker.ready()
    expect(broker.stats().default).toMatchObject({ total: 0 })
    broker.resume()
    await ready
    expect(broker.stats().default).toMatchObject({ idle: 2 })
  })

  test('another is not', async () => {
    const broker = lending.broker({}, { replica: {} })
    await broker.pause()
    expect(await processId(broker, { database: 'replica' })).toBeTypeOf('number')
    expect(broker.stats()).toMatchObject({ default: { paused: true }, replica: { paused: false } })
  })

  test('the broker closes: who waits is told, and the pause is over', async () => {
    const broker = lending.broker({ max: 1 })
    const held = await hold(broker)
    const pause = broker.pause()
    const waiter = processId(broker)
    await untilWaiting(broker, 1)
    const refused = expect(waiter).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
    const closed = broker.close()
    await refused
    await held.release()
    expect(await pause).toBe(true)
    await closed
    await expect(broker.pause()).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
    expect(() => broker.resume()).toThrow('The broker is closed.')
  })
})

test('a pause that is over before all connections are closed says so, and they are lent again', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  const pause = broker.pause()
  broker.resume()
  expect(await pause).toBe(false)
  await held.release()
  expect(await processId(broker)).toBe(held.processId)
})

test('a connection that a thread keeps between two leases is closed by a pause', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const before = await executor.run(undefined, { name: 'processId' })
  const pause = broker.pause()
  await untilPaused(broker)
  expect(await pause).toBe(true)
  const after = executor.run(undefined, { name: 'processId' })
  await untilWaiting(broker, 1)
  broker.resume()
  expect(await after).not.toBe(before)
})

test('a database that is not paused can be resumed, and one that is unknown neither paused nor resumed', async () => {
  const broker = lending.broker()
  broker.resume()
  expect(await processId(broker)).toBeTypeOf('number')
  await untilQuiet(broker)
  await expect(broker.pause('replica')).rejects.toMatchObject({ code: 'PGLEASE_UNKNOWN_DATABASE' })
  expect(() => broker.resume('replica')).toThrow('The broker has no database "replica".')
})
