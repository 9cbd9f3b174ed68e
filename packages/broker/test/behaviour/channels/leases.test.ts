import { threadId } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { channels } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hear, hearNothingMore, LEASES } from '../../support/heard.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
hearNothingMore()

const start = lending.renewed(() => ({ broker: lending.broker({ max: 1 }) }))

const HERE = { database: 'default', task: undefined, threadId }

test('a lease is told of when it is asked for, granted and released', async () => {
  const { broker } = await start()
  const heard = hear(...LEASES)
  const pid = await processId(broker)
  await untilQuiet(broker)
  const lease = heard[0]![1].lease
  expect(heard).toEqual([
    ['leaseRequested', { ...HERE, lease }],
    ['leaseGranted', { ...HERE, lease, processId: pid, waitMillis: expect.any(Number), kept: false }],
    ['leaseReleased', { ...HERE, lease, processId: pid, holdMillis: expect.any(Number) }],
  ])
})

test('each lease has a number of its own, also where nobody has listened to those between', async () => {
  const { broker } = await start()
  const heard = hear('leaseGranted', 'leaseReleased')
  await processId(broker)
  await processId(broker)
  await untilQuiet(broker)
  const numbers = heard.map(([, { lease }]) => lease as number)
  expect(numbers[0]).toBe(numbers[1])
  expect(numbers[2]).toBe(numbers[3])
  expect(numbers[2]).not.toBe(numbers[0])
})

test('a lease that has waited tells for how long, and one that was held too', async () => {
  const { broker } = await start()
  const held = await hold(broker)
  const heard = hear('leaseGranted', 'leaseReleased')
  const clock = vi.spyOn(performance, 'now')
  const other = processId(broker)
  await untilWaiting(broker, 1)
  const now = performance.now.bind(performance)
  const later = now() + 5000
  clock.mockImplementation(() => later)
  await held.release()
  await other
  await until(() => heard.length === 3, 'for the second to be over')
  clock.mockRestore()
  expect(heard.map(([name]) => name)).toEqual(['leaseReleased', 'leaseGranted', 'leaseReleased'])
  expect(heard[0]![1].holdMillis).toBeGreaterThanOrEqual(4000)
  expect(heard[1]![1].waitMillis).toBeGreaterThanOrEqual(4000)
  expect(heard[2]![1].holdMillis).toBe(0)
})

test('a lease that is refused is told of with what its holder is told', async () => {
  const { broker } = await start()
  const held = await hold(broker)
  const heard = hear(...LEASES)
  await processId(broker, { connectionTimeoutMillis: 1 }).catch(() => {})
  const lease = heard[0]![1].lease
  expect(heard).toEqual([
    ['leaseRequested', { ...HERE, lease }],
    [
      'leaseRefused',
      {
        ...HERE,
        lease,
        waitMillis: expect.any(Number),
        error: expect.objectContaining({ code: 'PGLEASE_LEASE_TIMEOUT' }),
      },
    ],
  ])
  await held.release()
})

test('a lease whose holder gives up waiting is told of as withdrawn', async () => {
  const { broker } = await start()
  const held = await hold(broker)
  const heard = hear(...LEASES)
  const abort = new AbortController()
  const given = processId(broker, { signal: abort.signal }).catch(({ name }) => name)
  await untilWaiting(broker, 1)
  abort.abort()
  expect(await given).toBe('AbortError')
  await until(() => heard.length === 2, 'for the lease to be withdrawn')
  expect(heard[1]).toEqual([
    'leaseWithdrawn',
    { ...HERE, lease: heard[0]![1].lease, waitMillis: expect.any(Number) },
  ])
  await held.release()
})

test('a lease that is taken back is told of as revoked, once', async () => {
  const { broker } = await start()
  const held = await hold(broker)
  const heard = hear(...LEASES)
  await broker.recycle('default', { force: true })
  await held.release().catch(() => {})
  await untilQuiet(broker)
  expect(heard).toEqual([
    [
      'leaseRevoked',
      {
        ...HERE,
        lease: expect.any(Number),
        processId: held.processId,
        holdMillis: expect.any(Number),
        error: expect.objectContaining({ code: 'PGLEASE_LEASE_REVOKED' }),
      },
    ],
  ])
})

test('a lease whose connection the server ends is told of as lost, once', async () => {
  const { broker } = await start()
  const held = await hold(broker)
  const heard = hear(...LEASES)
  await database.terminateConnections()
  await until(() => heard.length > 0, 'for the lease to be lost')
  await held.release().catch(() => {})
  await untilQuiet(broker)
  expect(heard).toEqual([
    [
      'leaseLost',
      {
        ...HERE,
        lease: expect.any(Number),
        processId: held.processId,
        holdMillis: expect.any(Number),
        error: expect.objectContaining({ code: 'PGLEASE_LEASE_LOST' }),
      },
    ],
  ])
})

test('while nobody listens nothing is published, and no message is made', async () => {
  const { broker } = await start()
  const spies = Object.values(channels).map((channel) => vi.spyOn(channel, 'publish'))
  await processId(broker)
  for (const spy of spies) {
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
  }
})
