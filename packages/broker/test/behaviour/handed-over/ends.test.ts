import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { processId, untilWaiting } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { duplicatedSockets, getSockets } from '../../support/sockets.js'
import { clockGoesOn, holdTimers, stopTheClock } from '../../support/stopped-clock.js'
import { until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

interface Row {
  pid: number
}

/** A thread that keeps the only connection: it sees events, or it does not. */
async function kept(broker: ConnectionBroker, how: 'idle' | 'blocked') {
  stopTheClock()
  const keeper = new Keeper(lending, broker)
  if (how === 'idle') return { keeper, lease: Promise.resolve(await keeper.call<Row>('one', [PID])) }
  const lease = keeper.call<Row>('keepsAndBlocks', [PID])
  await keeper.standStill()
  return { keeper, lease }
}

/** The thread's next lease has another connection than this, which goes back as any other. */
async function expectAnotherConnection(broker: ConnectionBroker, keeper: Keeper, lease: Promise<Row>) {
  keeper.goOn()
  const { pid } = await lease
  const next = await keeper.call<Row>('one', [PID])
  expect(next.pid).not.toBe(pid)
  expect(await processId(broker)).toBe(next.pid)
}

const isGone = async () => (await database.serverConnections()) === 0

describe.skipIf(!getSockets).each(['idle', 'blocked'] as const)(
  'while a thread that is %s keeps the only connection',
  (how) => {
    test('a recycle closes it, and the thread’s next lease has another', async () => {
      const broker = lending.broker({ max: 1 })
      const { keeper, lease } = await kept(broker, how)
      await broker.recycle()
      expect(broker.stats().default).toMatchObject({ closed: { recycled: 1 } })
      await until(isGone, 'for the server to see it')
      await expectAnotherConnection(broker, keeper, lease)
      expect(broker.stats().default).toMatchObject({ opened: 2, revoked: 0, closed: { unclean: 0 } })
    })

    test('a close of the broker closes it', async () => {
      const broker = lending.broker({ max: 1 })
      const { keeper, lease } = await kept(broker, how)
      await broker.close({ timeoutMillis: 60_000 })
      expect(await database.serverConnections()).toBe(0)
      expect(broker.stats().default).toMatchObject({
        total: 0,
        revoked: 0,
        closed: { closed: 1, unclean: 0 },
      })
      keeper.goOn()
      await lease
      await expect(keeper.call('one', [PID])).rejects.toMatchObject({
        code: 'PGLEASE_BROKER_CLOSED',
      })
    })

    test('the end of the thread leaves it to the others, and no descriptor behind', async () => {
      const broker = lending.broker({ max: 1 })
      const { keeper, lease } = await kept(broker, how)
      await keeper.worker.terminate()
      lease.catch(() => {})
      const pid = await processId(broker)
      expect(duplicatedSockets()).toBe(0)
      if (how === 'idle') expect(pid).toBe((await lease).pid)
      expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2 })
    })

    test('the server’s end of it costs the thread’s next lease nothing but another connection', async () => {
      const broker = lending.broker({ max: 1 })
      const { keeper, lease } = await kept(broker, how)
      await database.terminateConnections()
      await until(isGone, 'for the server to end it')
      await expectAnotherConnection(broker, keeper, lease)
    })
  },
)

describe.skipIf(!getSockets)('the end of a thread in a lease that it has begun itself', () => {
  const look = "SELECT pg_backend_pid() AS pid, to_regclass('half_done') AS found"

  test.each<[string, string[], object]>([
    ['between two queries', [PID], { opened: 1, rollbacks: 0 }],
    ['in a transaction', ['BEGIN', 'CREATE TABLE half_done ()'], { opened: 1, rollbacks: 1 }],
  ])('%s keeps the connection', async (_where, statements, figures) => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    keeper.call('exitsInAnother', [PID], statements)
    await keeper.standStill()
    await keeper.worker.terminate()
    const found = await broker.withConnection(async (client) => (await client.query(look)).rows[0])
    expect(found).toMatchObject({ found: null })
    expect(broker.stats().default).toMatchObject({ ...figures, leases: 3 })
    expect(duplicatedSockets()).toBe(0)
  })

  test('in a query closes it, and the query is cancelled', async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    keeper.call('thenHalfOfAnother', [PID], SLEEP)
    await keeper.standStill()
    await untilRunning(database)
    await keeper.worker.terminate()
    expect(await processId(broker)).toBeGreaterThan(0)
    expect(broker.stats().default).toMatchObject({ opened: 2, leases: 3, closed: { unclean: 1 } })
    expect(await database.serverConnections()).toBe(1)
  })
})

test.skipIf(!getSockets)(
  'a connection that is closed out of step is gone for the server too, while a thread has an old duplicate',
  async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const { pid } = await keeper.call<Row>('one', [PID])
    await untilQuiet(broker)
    await broker.withConnection(async (client) => {
      expect((await client.query(PID)).rows).toEqual([{ pid }])
      const { connection } = client as unknown as { connection: { stream: NodeJS.WritableStream } }
      // Half a message.
      connection.stream.write(Buffer.from([0x51, 0, 0, 0, 99, 0x53]))
    })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 0, closed: { unclean: 1 } })
    await until(isGone, 'for the server to see it')
  },
)

describe.skipIf(!getSockets)('a lease that is taken back from a thread', () => {
  test('leaves its connection whole when the thread hears of it', async () => {
    const pass = holdTimers()
    const broker = lending.broker({ max: 1, maxLeaseMillis: 1000 })
    const keeper = new Keeper(lending, broker)
    const pid = await processId(broker)
    const lease = keeper.call('one', [PID, SLEEP])
    lease.catch(() => {})
    await untilRunning(database)
    // The broker then waits for the socket, for as long as the thread may take.
    pass(1000)
    await expect(lease).rejects.toMatchObject({ code: 'PGLEASE_LEASE_REVOKED' })
    expect(await processId(broker)).toBe(pid)
    expect(broker.stats().default).toMatchObject({
      opened: 1,
      revoked: 1,
      cancels: 1,
      closed: { unclean: 0 },
    })
  })

  test('is closed with its connection when the thread sees no event, and others get one meanwhile', async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call<Row>('holdsAndBlocks', [PID])
    await keeper.leased()
    const waiter = processId(broker)
    await untilWaiting(broker, 1)
    await broker.recycle('default', { force: true })
    const pid = await waiter
    expect(broker.stats().default).toMatchObject({ opened: 2, revoked: 1, closed: { unclean: 1 } })
    await until(async () => (await database.serverConnections()) === 1, 'for the server to see it')
    keeper.goOn()
    const told = await lease
    expect(told).toEqual({ pid: expect.any(Number), code: 'PGLEASE_LEASE_REVOKED' })
    expect(told.pid).not.toBe(pid)
    expect(await keeper.call('one', [PID])).toEqual({ pid })
    await untilQuiet(broker)
  })

  test('by force is recycled like any other when the thread hears of it', async () => {
    const broker = lending.broker({ max: 1 })
    const keeper = new Keeper(lending, broker)
    const lease = keeper.call('thenHalfOfAnother', [PID], 'SELECT 1')
    await keeper.standStill()
    await broker.recycle('default', { force: true })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({
      total: 0,
      revoked: 1,
      closed: { recycled: 1, unclean: 0 },
    })
    await keeper.call('releases')
    await lease
    expect(await keeper.call('one', [PID])).toEqual({ pid: await processId(broker) })
  })
})
