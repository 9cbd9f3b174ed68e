import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { duplicatedSockets, getSockets } from '../../support/sockets.js'
import { clockGoesOn, stopTheClock } from '../../support/stopped-clock.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

interface Row {
  pid: number
}

async function advisoryLocks(): Promise<number> {
  const { rows } = await database.admin.query(
    "SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = $1",
    [database.name],
  )
  return rows[0].count
}

/** A thread that keeps the only connection, after so many leases, and sees no event. */
async function keptByBlocked(broker: ConnectionBroker, statements: string[], leases = 1) {
  const keeper = new Keeper(lending, broker)
  for (let count = 1; count < leases; count++) await keeper.call('one', [PID])
  const lease = keeper.call<Row>('keepsAndBlocks', statements)
  await keeper.standStill()
  return { keeper, lease }
}

describe.skipIf(!getSockets)('a connection that a thread keeps between two leases', () => {
  test('is leased by nobody, and idle', async () => {
    const broker = lending.broker({ max: 1 })
    const { keeper, lease } = await keptByBlocked(broker, [PID])
    expect(broker.stats().default).toMatchObject({ leases: 1, leased: 0, settling: 0, idle: 1, total: 1 })
    keeper.goOn()
    await lease
  })

  test('goes to the main thread when that asks', async () => {
    const broker = lending.broker({ max: 1 })
    stopTheClock()
    const { pid } = await new Keeper(lending, broker).call<Row>('one', [PID])
    expect(broker.stats().default).toMatchObject({ leased: 0, idle: 1 })
    expect(await processId(broker)).toBe(pid)
  })

  test('goes to another thread when that asks', async () => {
    const broker = lending.broker({ max: 1 })
    stopTheClock()
    const [one, other] = [new Keeper(lending, broker), new Keeper(lending, broker)]
    const { pid } = await one.call<Row>('one', [PID])
    for (const thread of [other, one, other]) expect(await thread.call('one', [PID])).toEqual({ pid })
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 4 })
  })

  test('goes to who asks while its thread sees no event, and has been reset', async () => {
    const broker = lending.broker({ max: 1 })
    stopTheClock()
    const statements = ['SELECT pg_advisory_lock(42)', 'CREATE TEMP TABLE mine ()', PID]
    const { keeper, lease } = await keptByBlocked(broker, statements)
    const look = "SELECT pg_backend_pid() AS pid, to_regclass('mine') AS mine"
    const found = await broker.withConnection(async (client) => (await client.query(look)).rows[0])
    expect(await advisoryLocks()).toBe(0)
    const other = new Keeper(lending, broker)
    expect(await other.call('one', [PID])).toEqual({ pid: found.pid })
    keeper.goOn()
    expect(found).toEqual({ ...(await lease), mine: null })
  })

  test('is taken before another is opened', async () => {
    const broker = lending.broker({ max: 3 })
    stopTheClock()
    const [one, other] = [new Keeper(lending, broker), new Keeper(lending, broker)]
    const held = await hold(broker)
    const { pid } = await one.call<Row>('one', [PID])
    await held.release()
    const second = await hold(broker)
    expect((await other.call<Row>('one', [PID])).pid).toBe(pid)
    expect(broker.stats().default).toMatchObject({ opened: 2, leased: 1 })
    await second.release()
  })

  test('goes to who asks where nobody may wait', async () => {
    const broker = lending.broker({ max: 1, maxWaiting: 0 })
    stopTheClock()
    const { pid } = await new Keeper(lending, broker).call<Row>('one', [PID])
    expect(await processId(broker)).toBe(pid)
  })

  test('is granted anew to its thread when that comes too late', async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const { pid } = await keeper.call<Row>('one', [PID])
    await untilQuiet(broker)
    for (let count = 0; count < 3; count++) {
      expect(await keeper.call('one', [PID])).toEqual({ pid })
      await untilQuiet(broker)
    }
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 4, idle: 1 })
    expect(duplicatedSockets()).toBeLessThanOrEqual(1)
  })

  test.each([1, 2])('is reset at the end of lease %d, by the thread itself', async (leases) => {
    // Nobody takes it meanwhile.
    stopTheClock()
    const broker = lending.broker({ max: 1, validateAfterIdleMillis: 3_600_000 })
    const statements = ['LISTEN mine', 'SELECT pg_advisory_lock(42)', PID]
    const { keeper, lease } = await keptByBlocked(broker, statements, leases)
    await until(async () => (await advisoryLocks()) === 0, 'for the lock to be given back')
    expect(broker.stats().default).toMatchObject({ idle: 1, opened: 1, leases, resets: leases, leased: 0 })
    keeper.goOn()
    const { pid } = await lease
    expect(await keeper.call('one', [PID])).toEqual({ pid })
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: leases + 1 })
  })

  test('is idle for the server as well, after a first lease at once and after others before long', async () => {
    const broker = lending.broker({ max: 1, validateAfterIdleMillis: 3_600_000 })
    const state = async (pid: number) => {
      const { rows } = await database.admin.query('SELECT state FROM pg_stat_activity WHERE pid = $1', [pid])
      return rows[0].state
    }
    const keeper = new Keeper(lending, broker)
    for (let lease = 0; lease < 3; lease++) {
      const { pid } = await keeper.call<Row>('one', [PID])
      await until(
        async () => (await state(pid)) === 'idle',
        `for the session to be idle after lease ${lease}`,
      )
    }
  })

  test('comes back when its thread has not used it for as long as it need not be validated', async () => {
    const broker = lending.broker({ max: 1, min: 0, idleTimeoutMillis: 1, validateAfterIdleMillis: 100 })
    const keeper = new Keeper(lending, broker)
    await keeper.call<Row>('one', [PID])
    const { opened } = broker.stats().default!
    await until(() => broker.stats().default!.total === 0, 'for the connection to be closed')
    expect(broker.stats().default).toMatchObject({ closed: { idle: opened }, leases: 1, resets: 1 })
    await keeper.call('one', [PID])
    expect(broker.stats().default).toMatchObject({ opened: opened + 1, leases: 2 })
  })
})

describe.skipIf(!getSockets)('while somebody waits', () => {
  test('a thread gives the connection back at the end of its lease, however it began', async () => {
    const broker = lending.broker({ max: 1 })
    stopTheClock()
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call<Row>('thenHalfOfAnother', [PID], 'SELECT 1')
    await keeper.standStill()
    const waiter = processId(broker)
    await untilWaiting(broker, 1)
    await keeper.call('releases')
    expect(await waiter).toBeTypeOf('number')
    await lease
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 3, waiting: 0 })
  })

  test('a thread gives back what was wanted before its query was answered', async () => {
    const broker = lending.broker({ max: 1 })
    stopTheClock()
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call<Row>('holdsAndBlocks', [PID])
    await keeper.leased()
    const waiter = processId(broker)
    await untilWaiting(broker, 1)
    keeper.goOn()
    expect(await waiter).toBe((await lease).pid)
  })

  test('threads that lease all the time share one connection, and each has its own answers', async () => {
    const broker = lending.broker({ max: 1 })
    const keepers = [1, 2, 3].map(() => new Keeper(lending, broker))
    await Promise.all(keepers.map((keeper, id) => keeper.call('many', 100, `thread ${id}`)))
    await untilQuiet(broker)
    const { waitMillis, holdMillis, ...figures } = broker.stats().default!
    expect(figures).toMatchObject({ opened: 1, leases: 300, resets: 300, closed: { unclean: 0, lost: 0 } })
    expect([waitMillis.count, holdMillis.count]).toEqual([300, 300])
  })
})
