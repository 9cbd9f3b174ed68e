import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold, processId } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** Nothing is asked but what is kept alive. */
const PATIENT = { validateAfterIdleMillis: 2 ** 30, idleTimeoutMillis: 0 }

/** Opens so many connections, which are idle afterwards for as long as the broker lets them. */
async function use(broker: ConnectionBroker, connections: number): Promise<void> {
  const held = await Promise.all(Array.from({ length: connections }, () => hold(broker)))
  await Promise.all(held.map((each) => each.release()))
}

describe('idle connections are asked at intervals', () => {
  test('whether or not somebody wants them, and are lent as ever between', async () => {
    const broker = lending.broker({ ...PATIENT, keepAliveMillis: 5 })
    await use(broker, 2)
    await until(() => broker.stats().default!.validated >= 6, 'for three questions to each')
    await processId(broker)
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 2, opened: 2, leases: 3, closed: { invalid: 0 } })
    expect(broker.stats().default!.resets).toBeLessThanOrEqual(3)
  })

  test('only where that is asked for', async () => {
    const broker = lending.broker({ validateAfterIdleMillis: 0, idleTimeoutMillis: 50, min: 1 })
    await use(broker, 2)
    await until(() => broker.stats().default!.closed.idle === 1, 'for some time to pass')
    expect(broker.stats().default).toMatchObject({ validated: 0 })
  })

  test('and one above the minimum is still closed when it was idle for long', async () => {
    const broker = lending.broker({ ...PATIENT, min: 1, idleTimeoutMillis: 200, keepAliveMillis: 5 })
    await use(broker, 3)
    await until(() => broker.stats().default!.total === 1, 'for two to be closed')
    expect(broker.stats().default!.validated).toBeGreaterThan(0)
    expect(broker.stats().default).toMatchObject({ total: 1, closed: { idle: 2, invalid: 0 } })
  })

  test('not those that are leased', async () => {
    const broker = lending.broker({ ...PATIENT, max: 2, keepAliveMillis: 5 })
    const held = await hold(broker)
    await processId(broker)
    await until(() => broker.stats().default!.validated >= 3, 'for three questions')
    expect(broker.stats().default).toMatchObject({ total: 2, leased: 1 })
    await held.release()
  })
})

describe('a connection that is dead', () => {
  test('is replaced before somebody needs it, so that the minimum is held', async () => {
    const doorman = await lending.doorman()
    const options = { ...PATIENT, min: 2, keepAliveMillis: 20, validateTimeoutMillis: 50 }
    const broker = lending.broker({ connectionString: doorman.connectionString, ...options })
    await broker.ready()
    doorman.treat('deaf')
    const isReplaced = () => broker.stats().default!.opened >= 4 && broker.stats().default!.total === 2
    await until(isReplaced, 'for both to be replaced')
    // Each by one that lives: both answer.
    const held = await Promise.all([hold(broker), hold(broker)])
    expect(broker.stats().default!.closed.invalid).toBeGreaterThanOrEqual(2)
    expect(broker.stats().default).toMatchObject({ leases: 2, closed: { lost: 0 } })
    for (const each of held) await each.release()
  })

  test('is closed above the minimum, and nobody gets it', async () => {
    const doorman = await lending.doorman()
    const options = { ...PATIENT, keepAliveMillis: 20, validateTimeoutMillis: 50 }
    const broker = lending.broker({ connectionString: doorman.connectionString, ...options })
    const before = await processId(broker)
    await untilQuiet(broker)
    doorman.treat('deaf')
    await until(() => broker.stats().default!.total === 0, 'for it to be closed')
    expect(await processId(broker)).not.toBe(before)
  })

  test('also where a thread has kept it between its leases, and gave it back', async () => {
    const doorman = await lending.doorman()
    const options = { idleTimeoutMillis: 0, min: 1, keepAliveMillis: 20, validateTimeoutMillis: 50 }
    const broker = lending.broker({ connectionString: doorman.connectionString, max: 1, ...options })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
    const before = await executor.run(undefined, { name: 'processId' })
    doorman.treat('deaf')
    await until(() => broker.stats().default!.opened >= 2, 'for another')
    expect(await executor.run(undefined, { name: 'processId' })).not.toBe(before)
  })
})

test('a pool that is closed, paused or recycled asks nothing more', async () => {
  const broker = lending.broker({ ...PATIENT, min: 1, keepAliveMillis: 1 })
  await broker.ready()
  await until(() => broker.stats().default!.validated > 3, 'for questions')
  await broker.recycle()
  await broker.ready()
  expect(await broker.pause()).toBe(true)
  expect(broker.stats().default).toMatchObject({ total: 0 })
  broker.resume()
  await broker.ready()
  await broker.close()
  expect(broker.stats().default).toMatchObject({ total: 0, closed: { invalid: 0, lost: 0 } })
})
