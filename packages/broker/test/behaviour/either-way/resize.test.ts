import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting, warm } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const holdMany = (broker: ReturnType<Lending['broker']>, count: number) =>
  Promise.all(Array.from({ length: count }, () => hold(broker)))

test('a pool that grows while all its connections are lent serves who waits at once', async () => {
  const broker = lending.broker({ max: 1 })
  const held = [await hold(broker)]
  const waiters = holdMany(broker, 2)
  await untilWaiting(broker, 2)
  broker.resize('default', { max: 3 })
  held.push(...(await waiters))
  expect(broker.stats().default).toMatchObject({ leased: 3, max: 3, waiting: 0 })
  await Promise.all(held.map((each) => each.release()))
})

test('a pool that shrinks closes idle connections at once, those idle for longest first', async () => {
  const broker = lending.broker({ max: 3 })
  await warm(broker, 3)
  const last = await processId(broker)
  await untilQuiet(broker)
  broker.resize('default', { max: 1 })
  expect(broker.stats().default).toMatchObject({ idle: 1, max: 1, closed: { resized: 2 } })
  expect(await processId(broker)).toBe(last)
})

test('a pool that shrinks while its connections are lent closes them as they come back', async () => {
  const broker = lending.broker({ max: 4 })
  const held = await holdMany(broker, 4)
  broker.resize('default', { max: 2 })
  const waiter = processId(broker)
  await untilWaiting(broker, 1)
  for (const left of [3, 2]) {
    await held.pop()!.release()
    await until(() => broker.stats().default!.total === left, 'for it to be closed')
    expect(broker.stats().default).toMatchObject({ leased: left, waiting: 1 })
  }
  await held.pop()!.release()
  expect(await waiter).toBeTypeOf('number')
  await held.pop()!.release()
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 4, idle: 2, closed: { resized: 2 } })
})

test('connections that threads keep between leases are closed as well', async () => {
  const broker = lending.broker({ max: 3 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { maxThreads: 3 })
  let isOver = false
  const load = async () => {
    while (!isOver) await executor.run(undefined, { name: 'processId' })
  }
  const loads = Promise.all([load(), load(), load()])
  for (const max of [1, 3, 1]) {
    await until(() => broker.stats().default!.total === 4 - max, 'for as many connections as there may be')
    broker.resize('default', { max })
    await until(() => broker.stats().default!.total === max, 'for the new size')
  }
  isOver = true
  await loads
  expect(broker.stats().default).toMatchObject({ timeouts: 0, refused: 0, revoked: 0 })
})

test('connections that were being opened are closed where they are too many now', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({ max: 3, connectionString: doorman.connectionString })
  doorman.holdNewcomers()
  const waiters = [1, 2, 3].map(() => processId(broker))
  await until(() => doorman.waiting === 3, 'for the connections')
  broker.resize('default', { max: 1 })
  doorman.letIn()
  expect(new Set(await Promise.all(waiters)).size).toBe(1)
  expect(broker.stats().default).toMatchObject({ opened: 3, total: 1, closed: { resized: 2 } })
})

test('the errors of those who wait tell of the new size', async () => {
  const broker = lending.broker({ max: 3, maxWaiting: 0 })
  const held = await holdMany(broker, 2)
  broker.resize('default', { max: 1 })
  await expect(processId(broker)).rejects.toMatchObject({
    code: 'PGLEASE_QUEUE_FULL',
    message: expect.stringContaining('its one connection is leased'),
  })
  await Promise.all(held.map((each) => each.release()))
  broker.resize('default', { max: 2 })
  const again = await hold(broker)
  const pair = [again, await hold(broker)]
  await expect(processId(broker)).rejects.toMatchObject({
    message: expect.stringContaining('all 2 connections are leased'),
  })
  await Promise.all(pair.map((each) => each.release()))
})

test('a wait in vain tells of the new size', async () => {
  const broker = lending.broker({ max: 2 })
  const held = await holdMany(broker, 2)
  broker.resize('default', { max: 1 })
  const wait = processId(broker, { connectionTimeoutMillis: 20 })
  await expect(wait).rejects.toMatchObject({
    limit: 1,
    message: expect.stringContaining('2 of at most 1 are leased'),
  })
  await Promise.all(held.map((each) => each.release()))
})

test('the minimum is filled up when it grows, and what is above it ends when it shrinks', async () => {
  const broker = lending.broker({ max: 3, idleTimeoutMillis: 20 })
  broker.resize('default', { min: 3 })
  await broker.ready()
  expect(broker.stats().default).toMatchObject({ idle: 3, min: 3 })
  broker.resize('default', { min: 1 })
  await until(() => broker.stats().default!.idle === 1, 'for the others to be closed')
  expect(broker.stats().default).toMatchObject({ closed: { idle: 2 } })
})

test('who waits for the minimum waits for the new one', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({ min: 2, connectionString: doorman.connectionString })
  doorman.holdNewcomers()
  const ready = broker.ready()
  await until(() => doorman.waiting === 2, 'for the connections')
  broker.resize('default', { min: 0 })
  await ready
  doorman.letIn()
})

test('a paused pool grows when it is resumed', async () => {
  const broker = lending.broker({ max: 1 })
  await broker.pause()
  const waiters = holdMany(broker, 2)
  await untilWaiting(broker, 2)
  broker.resize('default', { max: 2, min: 2 })
  expect(broker.stats().default).toMatchObject({ total: 0, max: 2, min: 2 })
  broker.resume()
  await Promise.all((await waiters).map((each) => each.release()))
})

describe('a size is refused', () => {
  test.each([
    [{ max: 0 }, 'resize.max'],
    [{ max: 2.5 }, 'resize.max'],
    [{ max: '5' }, 'resize.max'],
    [{ max: Number.POSITIVE_INFINITY }, 'resize.max'],
    [{ min: -1 }, 'resize.min'],
    [{ min: 4 }, 'resize.min'],
    [{ max: 5, min: 6 }, 'resize.min'],
    [{ max: 1 }, 'resize.max'],
    [{ maximum: 5 }, 'resize.maximum'],
    [undefined, 'resize'],
    [7, 'resize'],
  ])('when it is %j, and the pool stays as it is', (size, option) => {
    const broker = lending.broker({ max: 3, min: 2 })
    const refused = { code: 'PGLEASE_CONFIGURATION', option, database: 'default' }
    expect(() => broker.resize('default', size as never)).toThrow(expect.objectContaining(refused))
    expect(broker.stats().default).toMatchObject({ max: 3, min: 2 })
  })

  test('of a database that is unknown, and of a broker that is closed', async () => {
    const broker = lending.broker()
    const unknown = { code: 'PGLEASE_UNKNOWN_DATABASE' }
    expect(() => broker.resize('replica', { max: 5 })).toThrow(expect.objectContaining(unknown))
    await broker.close()
    const closed = { code: 'PGLEASE_BROKER_CLOSED' }
    expect(() => broker.resize('default', { max: 5 })).toThrow(expect.objectContaining(closed))
  })
})

test('a size of which nothing is said stays', () => {
  const broker = lending.broker({ max: 3, min: 2 })
  broker.resize('default', {})
  broker.resize('default', { max: undefined, min: 1 } as never)
  expect(broker.stats().default).toMatchObject({ max: 3, min: 1 })
})
