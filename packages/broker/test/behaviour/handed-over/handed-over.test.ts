import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { duplicatedSockets, getSockets } from '../../support/sockets.js'
import { BOUND_MS, until } from '../../support/until.js'

type Beside = typeof import('../../tasks/beside.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const LOOK = `
  SELECT pg_backend_pid() AS pid, to_regclass('mine')::text AS mine, current_setting('work_mem') AS mem,
    (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
    (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks`
const LEAVE = [
  "SET work_mem = '1MB'",
  'SELECT pg_advisory_lock(42)',
  'CREATE TEMP TABLE mine ()',
  'PREPARE mine AS SELECT 1',
]
const CLEAN = { mine: null, mem: '4MB', prepared: 0, locks: 0 }

function start() {
  const broker = lending.broker({ max: 1 })
  return { broker, keeper: new Keeper(lending, broker) }
}

describe.skipIf(!getSockets)('a thread that keeps the connection of its last lease', () => {
  test('begins the next on it without the broker, and finds it reset', async () => {
    const { broker, keeper } = start()
    const pid = await processId(broker)
    await untilQuiet(broker)
    const leases = keeper.call('inARow', [LEAVE, [LOOK, ...LEAVE], [LOOK, ...LEAVE, LOOK], [LOOK]])
    await keeper.standStill()
    const left = { mine: 'mine', mem: '1MB', prepared: 1, locks: 1 }
    expect(await leases).toEqual([undefined, undefined, { pid, ...left }, { pid, ...CLEAN }])
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 5, closed: { unclean: 0 } })
  })

  test('has each of its leases counted, with its wait, its hold, its reset and its bytes', async () => {
    const { broker, keeper } = start()
    const text = 'SELECT 1'
    const leases = keeper.call('inARow', Array(4).fill([text]))
    await keeper.standStill()
    await leases
    await untilQuiet(broker)
    const { waitMillis, holdMillis, ...figures } = broker.stats().default!
    expect(figures).toMatchObject({
      leases: 4,
      handedOver: 4,
      resets: 4,
      leased: 0,
      idle: 1,
      opened: 1,
      cancels: 0,
    })
    expect([waitMillis.count, holdMillis.count]).toEqual([4, 4])
    expect(figures.bytesToServer).toBe(4 * (5 + text.length + 1))
    expect(figures.bytesFromServer % 4).toBe(0)
    expect(figures.bytesFromServer).toBeGreaterThan(0)
  })

  test('begins another task’s lease on it', async () => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Beside>(broker, 'beside.js', { concurrentTasksPerWorker: 2 })
    const cells = new Int32Array(new SharedArrayBuffer(16))
    const second = executor.run({ cells, look: LOOK }, { name: 'second' })
    const first = executor.run({ cells, statements: LEAVE, look: LOOK }, { name: 'first' })
    await until(() => Atomics.load(cells, 0) === 2, 'for both tasks')
    Atomics.store(cells, 1, 1)
    Atomics.notify(cells, 1)
    expect(Atomics.wait(cells, 2, 0, BOUND_MS)).not.toBe('timed-out')
    const { pid } = await first
    expect(await second).toEqual({ pid, ...CLEAN })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2, resets: 2, leased: 0, idle: 1 })
  })

  test('goes to the broker for a lease with transaction options of its own', async () => {
    const { broker, keeper } = start()
    const show = ["SELECT current_setting('transaction_isolation') AS level"]
    const lease = keeper.call('thenAnother', [PID], show, { isolationLevel: 'serializable' })
    await keeper.standStill()
    expect(await lease).toEqual({ level: 'serializable' })
    expect(await keeper.call('one', show)).toEqual({ level: 'read committed' })
    expect(broker.stats().default).toMatchObject({ opened: 1 })
  })

  test('goes to the broker for a lease on another database', async () => {
    const broker = lending.broker({ max: 1 }, { other: { max: 1 } })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call<{ pid: number }>('thenAnother', [PID], [PID], { database: 'other' })
    await keeper.standStill()
    const { pid } = await lease
    await untilQuiet(broker, 'other')
    expect(await processId(broker, { database: 'other' })).toBe(pid)
    expect(broker.stats()).toMatchObject({ default: { leases: 1 }, other: { leases: 2 } })
  })

  test('ends by itself when nothing else is left to do, and its connection is lent on', async () => {
    const { broker, keeper } = start()
    const { pid } = await keeper.call<{ pid: number }>('one', [PID])
    const exit = once(keeper.worker, 'exit')
    await keeper.call('rests')
    expect(await exit).toEqual([0])
    expect(await processId(broker)).toBe(pid)
    expect(duplicatedSockets()).toBe(0)
  })
})

describe.skipIf(!getSockets)('a thread gives the socket back at the end of a lease', () => {
  /** Whether the thread has a duplicate of the socket once its call is answered. */
  async function keepsAfter(name: string, ...values: unknown[]): Promise<boolean> {
    const { broker, keeper } = start()
    await keeper.call(name, ...values)
    const isKept = duplicatedSockets() > 0
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1 })
    return isKept
  }

  test('but not after a short one that leaves nothing but a session to reset', async () => {
    expect(await keepsAfter('one', LEAVE)).toBe(true)
    expect(await keepsAfter('takes', 249)).toBe(true)
  })

  test.each<[string, string, unknown]>([
    ['that left a transaction open', 'one', ['BEGIN']],
    ['of whose settings the server reports one', 'one', ["SET TimeZone = 'Asia/Tokyo'"]],
    ['that left a query under way', 'leaves', 'SELECT pg_sleep(3600)'],
    ['that took long', 'takes', 250],
  ])('%s', async (_which, name, value) => {
    expect(await keepsAfter(name, value)).toBe(false)
  })

  test('with transaction options of its own', async () => {
    expect(await keepsAfter('one', [PID], { isolationLevel: 'serializable' })).toBe(false)
    expect(await keepsAfter('one', [PID], { readOnly: true })).toBe(false)
  })
})
