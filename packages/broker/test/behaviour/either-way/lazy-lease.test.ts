import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
type Tasks = typeof import('../../tasks/leases.js')

const lending = new Lending(database)

/** An executor of one thread on a broker of one connection: what one task keeps, the next cannot have. */
const start = lending.renewed(() => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'leases.js')
  /** A task after the one under test, which needs the connection that it had. */
  const next = () => executor.run(undefined, { name: 'queries' })
  return { broker, executor, next }
})

test('a task that only takes the client out of its context costs no connection', async () => {
  // A connection is opened while its thread starts.
  await (await start()).executor.run(undefined, { name: 'takesTheClient' })
  const { executor, counts } = await start()
  for (const name of ['takesTheClient', 'onlyConnects', 'onlyPrepares'] as const)
    await executor.run(undefined, { name })
  expect(counts()).toMatchObject({ opened: 0, leases: 0 })
  expect(await database.serverConnections()).toBe(0)
})

test('a task that asks twice for the same has one client, and so needs one connection', async () => {
  const { executor } = await start()
  expect(await executor.run(undefined, { name: 'takesOneClientTwice' })).toBe(true)
})

test('the first query opens the one lease of a task, and its return gives it back', async () => {
  const { broker, executor, counts, next } = await start()
  const [first, second] = await executor.run(undefined, { name: 'queriesTwice' })
  expect(first).toBe(second)
  await untilQuiet(broker)
  expect(counts()).toMatchObject({ opened: 1, leases: 1 })
  expect(counts().handedOver).toBe(getSockets ? 1 : 0)
  expect(await next()).toBe(first)
})

test.each([
  'throwsAfterQuery',
  'failsInQuery',
  'leavesQueryBehind',
  'leavesAtOnce',
  'leavesWhenAsked',
  'releasesEarly',
  'releasesTwice',
] as const)('a lease comes back from a task that %s', async (name) => {
  const { broker, executor, next } = await start()
  await executor.run('thrown', { name }).catch(() => {})
  expect(await next()).toBeTypeOf('number')
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ total: 1, idle: 1 })
})

test('a task that throws before its first query costs no connection', async () => {
  const { executor, counts } = await start()
  await expect(executor.run('thrown', { name: 'throwsAtOnce' })).rejects.toThrow('thrown')
  expect(counts()).toMatchObject({ opened: 0, leases: 0 })
})

test('a lease that is over before it was granted takes no connection from others', async () => {
  const { broker, counts, executor } = await start()
  await Promise.all(Array.from({ length: 50 }, () => executor.run(undefined, { name: 'leavesWhenAsked' })))
  const counted = () => counts().leases + counts().withdrawn
  // A task's answer may overtake its lease, which travels by another port.
  await until(() => counted() >= 50, 'for the leases of all tasks')
  await untilQuiet(broker)
  expect(counted()).toBe(50)
})

test('a client refuses to work after its release', async () => {
  const { executor } = await start()
  expect(await executor.run(undefined, { name: 'releasesEarly' })).toBe('PGLEASE_LEASE_RELEASED')
  await expect(executor.run(undefined, { name: 'releasesTwice' })).rejects.toMatchObject({
    code: 'PGLEASE_LEASE_RELEASED',
    database: 'default',
  })
})

test('a client that a task has kept is of no use to a later task', async () => {
  const { executor } = await start()
  await executor.run(undefined, { name: 'keeps' })
  await expect(executor.run(undefined, { name: 'usesTheKept' })).rejects.toMatchObject({
    code: 'PGLEASE_LEASE_RELEASED',
  })
})

test('a task on two databases has a lease of each, and both come back', async () => {
  const broker = lending.broker({ max: 1 }, { other: { max: 1 } })
  const executor = lending.executor<Tasks>(broker, 'leases.js')
  for (const order of [
    ['default', 'other'],
    ['other', 'default'],
  ] as const) {
    await executor.run([...order], { name: 'leasesBoth' })
  }
  await Promise.all([untilQuiet(broker), untilQuiet(broker, 'other')])
  expect(broker.stats()).toMatchObject({ default: { leases: 2, idle: 1 }, other: { leases: 2, idle: 1 } })
})

test('what a task has left running cannot lease once it is over', async () => {
  const broker = lending.broker({ max: 1 }, { other: { max: 1 } })
  const executor = lending.executor<Tasks>(broker, 'leases.js')
  await executor.run(undefined, { name: 'leavesLeasing' })
  expect(await executor.run(undefined, { name: 'tellsOfIt' })).toEqual(
    Array(3).fill('PGLEASE_LEASE_RELEASED'),
  )
  expect(broker.stats()).toMatchObject({ default: { leases: 0 }, other: { leases: 0 } })
})

test('two tasks at a time in one thread have a lease each', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, 'leases.js', { concurrentTasksPerWorker: 2 })
  const [one, other] = await Promise.all([
    executor.run(undefined, { name: 'holdsBeside' }),
    executor.run(undefined, { name: 'holdsBeside' }),
  ])
  expect(one.pid).not.toBe(other.pid)
  for (const { pid, after } of [one, other]) expect(after).toEqual({ pid, name: 'mine' })
})
