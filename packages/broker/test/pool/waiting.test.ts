import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, processId, untilWaiting } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

test('a wait in vain tells of the pool, its limit and who holds the connections', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const stop = new AbortController()
  const task = executor.run(undefined, { name: 'holds', signal: stop.signal })
  const held = await hold(broker)
  await until(() => broker.stats().default!.leased === 2, 'for both leases')
  const error = await processId(broker, { connectionTimeoutMillis: 20 }).catch((error) => error)
  expect(error).toMatchObject({
    name: 'LeaseTimeoutError',
    code: 'PGLEASE_LEASE_TIMEOUT',
    retryable: true,
    database: 'default',
    limit: 2,
    waitedMillis: expect.any(Number),
  })
  expect([...error.holders].sort()).toEqual([
    expect.stringMatching(/^task holds on thread \d+ for \d+ ms$/),
    expect.stringMatching(/^the main thread for \d+ ms$/),
  ])
  expect(error.message).toMatch(
    /No connection to "default" came free within \d+ ms: 2 of at most 2 are leased, by /,
  )
  for (const holder of error.holders) expect(error.message).toMatch(holder)
  stop.abort()
  await Promise.allSettled([task, held.release()])
})

test('the limit of a lease is the database’s unless it has one of its own', async () => {
  // Also the limit of each attempt to connect: long enough for one.
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 1000 })
  const held = await hold(broker, { connectionTimeoutMillis: 0 })
  await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
  const patient = processId(broker, { connectionTimeoutMillis: 0 })
  await untilWaiting(broker, 1)
  await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
  await held.release()
  expect(await patient).toBe(held.processId)
})

test('one lease more than may wait is refused at once, and those who wait are not disturbed', async () => {
  const broker = lending.broker({ max: 1, maxWaiting: 2, connectionTimeoutMillis: 0 })
  const held = await hold(broker)
  const patient = [processId(broker), processId(broker)]
  await untilWaiting(broker, 2)
  await expect(processId(broker)).rejects.toMatchObject({
    name: 'QueueFullError',
    code: 'PGLEASE_QUEUE_FULL',
    retryable: true,
    database: 'default',
    limit: 2,
    holders: [expect.stringMatching(/^the main thread for \d+ ms$/)],
    message: expect.stringMatching(/"default".*its one connection is leased, by the main thread/),
  })
  await held.release()
  expect(await Promise.all(patient)).toEqual([held.processId, held.processId])
  expect(broker.stats().default).toMatchObject({ refused: 1, leases: 3 })
})

test('where nobody may wait, an exhausted pool refuses at once, and one that is not exhausted lends', async () => {
  const broker = lending.broker({ max: 2, maxWaiting: 0 })
  const held = await Promise.all([hold(broker), hold(broker)])
  await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_QUEUE_FULL', limit: 0 })
  await held[0].release()
  await until(() => broker.stats().default!.idle === 1, 'for the connection to be idle')
  expect(await processId(broker)).toBe(held[0].processId)
  await held[1].release()
})

test('leases are granted in the order in which they came', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  const order: number[] = []
  const leases = []
  for (let number = 1; number <= 5; number++) {
    leases.push(processId(broker).then(() => order.push(number)))
    await untilWaiting(broker, number)
  }
  await held.release()
  await Promise.all(leases)
  expect(order).toEqual([1, 2, 3, 4, 5])
})

test('a lease of higher priority goes first, and the others keep their order', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  const order: string[] = []
  const leases = []
  for (const [name, priority] of [
    ['first', 0],
    ['low', -100],
    ['second', 0],
    ['urgent', 100],
    ['third', undefined],
  ] as const) {
    const options = priority === undefined ? {} : { priority }
    leases.push(processId(broker, options).then(() => order.push(name)))
    await untilWaiting(broker, leases.length)
  }
  await held.release()
  await Promise.all(leases)
  expect(order).toEqual(['urgent', 'first', 'second', 'third', 'low'])
})

test('one whose time is over costs no connection and delays nobody behind it', async () => {
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const held = await hold(broker)
  const late = processId(broker, { connectionTimeoutMillis: 20 })
  await untilWaiting(broker, 1)
  const patient = processId(broker)
  await expect(late).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
  await untilWaiting(broker, 1)
  await held.release()
  expect(await patient).toBe(held.processId)
  expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2, timeouts: 1 })
})

test('one who is aborted gets the reason, costs no connection and delays nobody behind it', async () => {
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const held = await hold(broker)
  const stop = new AbortController()
  const aborted = processId(broker, { signal: stop.signal })
  await untilWaiting(broker, 1)
  const patient = processId(broker)
  await untilWaiting(broker, 2)
  const reason = new Error('no longer needed')
  stop.abort(reason)
  expect(await aborted.catch((error) => error)).toBe(reason)
  await untilWaiting(broker, 1)
  await held.release()
  expect(await patient).toBe(held.processId)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2, withdrawn: 1, cancels: 0 })
})

test('no connection is lost however many give up at whatever moment', async () => {
  const broker = lending.broker({ max: 2, connectionTimeoutMillis: 0 })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) => {
      const signal = index % 3 === 0 ? AbortSignal.timeout(index % 20) : undefined
      const connectionTimeoutMillis = index % 3 === 1 ? 1 + (index % 20) : 0
      return processId(broker, { connectionTimeoutMillis, ...(signal && { signal }) })
    }),
  )
  await untilQuiet(broker)
  const { leases, timeouts, withdrawn, refused, opened, total, idle, closed } = broker.stats().default!
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(60)
  // A lease that was aborted before it was asked for is none of these.
  expect(leases + timeouts + withdrawn).toBeLessThanOrEqual(200)
  expect({ refused, opened, total, idle, unclean: closed.unclean }).toEqual({
    refused: 0,
    opened: 2,
    total: 2,
    idle: 2,
    unclean: 0,
  })
})

test('one who waits is served by a connection that comes back, even while a new one connects', async () => {
  const doorman = await lending.doorman()
  const broker = lending.broker({ max: 2, connectionString: doorman.connectionString })
  const held = await hold(broker)
  doorman.holdNewcomers()
  const waiter = processId(broker)
  await until(() => doorman.waiting === 1, 'for the new connection')
  expect(broker.stats().default).toMatchObject({ waiting: 1, connecting: 1 })
  await held.release()
  expect(await waiter).toBe(held.processId)
  expect(broker.stats().default).toMatchObject({ waiting: 0, connecting: 1 })
  doorman.letIn()
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 2, total: 2, idle: 2 })
})

test('no more connections are opened than those who wait can use', async () => {
  const broker = lending.broker({ max: 10 })
  for (let round = 0; round <= 10; round++) {
    await Promise.all([processId(broker), processId(broker)])
    await untilQuiet(broker)
  }
  expect(broker.stats().default).toMatchObject({ opened: 2, leases: 22 })
})
