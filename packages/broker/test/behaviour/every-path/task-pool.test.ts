import { describe, expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'

type Tasks = typeof import('../../tasks/manners/pools.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 2, ...options })
  const executor = lending.executor<Tasks>(broker, 'manners/pools.js', { abortGraceMillis: 60_000 })
  return { broker, executor }
}

describe('the pool of a task', () => {
  test('serves libraries, as any pg.Pool', async () => {
    const { broker, executor } = start()
    expect(await executor.run(undefined, { name: 'queries' })).toEqual([1, 2, 3])
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ leased: 0, closed: { unclean: 0 } })
  })

  test('gives back what its user forgets', async () => {
    const { broker, executor } = start({ max: 1 })
    const pid = await executor.run(undefined, { name: 'forgetsAClient' })
    await untilQuiet(broker)
    expect(await processId(broker)).toBe(pid)
  })

  test('lets what was sent be answered before the task is over', async () => {
    const { broker, executor } = start()
    await executor.run('CREATE TABLE IF NOT EXISTS late (number int)', { name: 'runs' })
    await executor.run('INSERT INTO late SELECT 1 FROM pg_sleep(0.05)', { name: 'sendsOnly' })
    await executor.run('INSERT INTO late SELECT 1 FROM pg_sleep(0.05)', { name: 'sendsThreeInOne' })
    expect(await executor.run('SELECT count(*)::int AS count FROM late', { name: 'runs' })).toEqual([
      { count: 4 },
    ])
    await untilQuiet(broker)
  })

  test('obeys the signal of the task, which keeps its thread', async () => {
    const { broker, executor } = start({ max: 1 })
    const before = await executor.run(undefined, { name: 'threadOf' })
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'runs', signal: stop.signal })
    await untilRunning(database)
    stop.abort(new Error('enough'))
    await expect(task).rejects.toThrow('enough')
    expect(await executor.run(undefined, { name: 'threadOf' })).toBe(before)
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 1, opened: 1 })
  })

  test('ends those who wait in it, too', async () => {
    const { executor } = start()
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'runsTwoInOne', signal: stop.signal })
    await untilRunning(database)
    stop.abort(new Error('enough'))
    await expect(task).rejects.toThrow('enough')
  })

  test('leases no more once the task is over', async () => {
    const { broker, executor } = start()
    const told = new Int32Array(new SharedArrayBuffer(4))
    await executor.run(told, { name: 'queriesLater' })
    // A thread that has no task sleeps.
    while (Atomics.load(told, 0) === 0) await executor.run(undefined, { name: 'waits' })
    expect(Atomics.load(told, 0)).toBe(2)
    expect(broker.stats().default!.leases).toBe(0)
  })

  test('does not keep what has been released', async () => {
    const { executor } = start({ max: 1 })
    // On each path the same clients are released.
    const times = inject('relayed') || inject('overTls') ? 500 : 2000
    const { clients, bytes } = await executor.run(times, { name: 'leasesManyTimes' })
    expect(clients).toBe(0)
    expect(bytes).toBeLessThan(20_000_000)
  })
})

describe('a client of the task that it has released', () => {
  test('is followed by a new one', async () => {
    const { broker, executor } = start({ max: 1 })
    expect(await executor.run(undefined, { name: 'releasesAndGoesOn' })).toEqual([1, 2, 3])
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ leases: 3 })
  })

  test('says what to write', async () => {
    const { executor } = start()
    const error = await executor.run(undefined, { name: 'usesAReleasedClient' })
    expect(error).toMatchObject({
      code: 'PGLEASE_LEASE_RELEASED',
      message: expect.stringContaining('context.database("default")'),
    })
  })
})
