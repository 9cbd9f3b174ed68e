import { expect, test } from 'vitest'
import { openSession } from '../../src/connection/open-session.js'
import { readDatabase } from '../../src/connection/read-database.js'
import { ServerConnection } from '../../src/connection/server-connection.js'
import { createTestDatabase } from '../support/database.js'
import { hold, processId, warm } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test('a connection is closed when its lifetime is over, but never in the middle of a lease', async () => {
  const broker = lending.broker({ max: 2, maxLifetimeSeconds: 0.1, idleTimeoutMillis: 0 })
  const held = await hold(broker)
  await processId(broker)
  const isOneLeft = () => {
    const { closed, total, leased } = broker.stats().default!
    return closed.lifetime > 0 && total === 1 && leased === 1
  }
  await until(isOneLeft, 'for the idle one to be closed')
  await held.release()
  await until(() => broker.stats().default!.total === 0, 'for the other to be closed')
  const { closed, opened } = broker.stats().default!
  expect(closed.lifetime).toBe(opened)
})

test('a connection that is older than its lifetime is not lent again', async () => {
  const broker = lending.broker({ max: 1, maxLifetimeSeconds: 0.001 })
  const outlived = async (): Promise<number> => {
    const held = await hold(broker)
    const end = performance.now() + 2
    await until(() => performance.now() >= end, 'for its lifetime to be over')
    await held.release()
    return held.processId
  }
  expect(new Set([await outlived(), await outlived(), await outlived()]).size).toBe(3)
  expect(broker.stats().default).toMatchObject({ leases: 3 })
})

test('lifetimes differ by up to a tenth, so that not all connections go at once', async () => {
  const options = readDatabase('default', {
    connectionString: database.connectionString,
    maxLifetimeSeconds: 100,
  })
  const connections = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const session = await openSession(options, new AbortController().signal)
      return new ServerConnection(session, 0, options.maxLifetimeSeconds)
    }),
  )
  const lifetimes = connections.map(({ expiresAt, usedAt }) => expiresAt - usedAt)
  for (const lifetime of lifetimes) {
    expect(lifetime).toBeGreaterThanOrEqual(90_000)
    expect(lifetime).toBeLessThanOrEqual(100_000)
  }
  expect(new Set(lifetimes).size).toBeGreaterThan(1)
  for (const connection of connections) connection.close(1000)
  await Promise.all(connections.map(({ closed }) => closed))
})

test('without a lifetime a connection is kept', async () => {
  const broker = lending.broker({ max: 1, idleTimeoutMillis: 0 })
  const before = await processId(broker)
  expect(await processId(broker)).toBe(before)
  expect(broker.stats().default).toMatchObject({ opened: 1 })
})

test('idle connections above the minimum are closed after their time, those used last living longest', async () => {
  const broker = lending.broker({ min: 1, max: 4, idleTimeoutMillis: 300, validateAfterIdleMillis: 60_000 })
  await warm(broker, 4)
  const last = await processId(broker)
  await until(() => broker.stats().default!.total === 1, 'for the idle ones to be closed')
  expect(broker.stats().default).toMatchObject({ idle: 1, opened: 4, closed: { idle: 3 } })
  expect(await processId(broker)).toBe(last)
})

test('they are closed after their time also where the minimum had no end to come', async () => {
  const broker = lending.broker({ min: 1, max: 3, idleTimeoutMillis: 300, maxLifetimeSeconds: 3600 })
  await broker.ready()
  await warm(broker, 3)
  await until(() => broker.stats().default!.total === 1, 'for the idle ones to be closed')
  expect(broker.stats().default).toMatchObject({ idle: 1, opened: 3, closed: { idle: 2 } })
})

test('a lifetime longer than a timer can count is not taken for none', async () => {
  const broker = lending.broker({ maxLifetimeSeconds: 90 * 24 * 3600, idleTimeoutMillis: 0 })
  await warm(broker, 1)
  await warm(broker, 1)
  expect(broker.stats().default).toMatchObject({ opened: 1, closed: { lifetime: 0 } })
})

test('a connection that is leased is not idle, however long', async () => {
  const broker = lending.broker({ max: 2, idleTimeoutMillis: 10 })
  const held = await hold(broker)
  await processId(broker)
  await until(() => broker.stats().default!.closed.idle === 1, 'for the idle one to be closed')
  expect(broker.stats().default).toMatchObject({ leased: 1 })
  await held.release()
})

test('a connection is closed after so many leases', async () => {
  const broker = lending.broker({ max: 1, maxUses: 2 })
  const pids: number[] = []
  for (let lease = 0; lease < 5; lease++) pids.push(await processId(broker))
  const [a, b, c, d, e] = pids
  expect([a === b, b === c, c === d, d === e]).toEqual([true, false, true, false])
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 3, total: 1, closed: { uses: 2 } })
})
