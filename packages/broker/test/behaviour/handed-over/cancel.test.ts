import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { lock } from '../../support/lock.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Gives the server time for what it has been sent, and should not have been. */
async function aWhile(): Promise<void> {
  for (let count = 0; count < 30; count++) await database.admin.query('SELECT 1')
}

function start() {
  const broker = lending.broker({ max: 1 })
  return { broker, keeper: new Keeper(lending, broker) }
}

/** Releases the lease that the thread has begun by itself while its query runs, and waits until all is over. */
async function releaseWhileRunning(broker: ConnectionBroker, keeper: Keeper, lease: Promise<unknown>) {
  await keeper.standStill()
  await untilRunning(database)
  await keeper.call('releases')
  await lease
  await untilQuiet(broker)
}

describe.skipIf(!getSockets)('a lease that a thread has begun without the broker', () => {
  test('may cancel its first query before the session’s reset is answered', async () => {
    const { broker, keeper } = start()
    let isOver = false
    const answer = keeper.call('cancelsAtOnce', [PID], SLEEP).finally(() => {
      isOver = true
    })
    await until(() => broker.stats().default!.cancels === 1, 'for the cancel')
    // It does nothing where the server has it before it has come to the query.
    const cancel = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}' AND query = '${SLEEP}'`
    await until(async () => {
      if (!isOver) await database.admin.query(cancel)
      return isOver
    }, 'for the answer')
    expect(await answer).toEqual({ code: '57014', one: 1 })
    expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
  })

  test('may be released while its first query runs: that is cancelled, and the connection is kept', async () => {
    const { broker, keeper } = start()
    const pid = await processId(broker)
    const lease = keeper.call('thenHalfOfAnother', ['CREATE TEMP TABLE mine ()'], SLEEP)
    await releaseWhileRunning(broker, keeper, lease)
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 3, cancels: 1, idle: 1 })
    const look = "SELECT pg_backend_pid() AS pid, to_regclass('mine') AS mine"
    expect(await keeper.call('one', [look])).toEqual({ pid, mine: null })
  })

  test('may be released while pipelined queries run', async () => {
    const { broker, keeper } = start()
    const pid = await processId(broker)
    const lease = keeper.call('thenHalfOfAnother', [PID], [SLEEP, SLEEP, SLEEP], { pipeline: true })
    await releaseWhileRunning(broker, keeper, lease)
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 3, cancels: 1, idle: 1 })
    expect(await processId(broker)).toBe(pid)
  })

  test('may cancel its query, and goes on', async () => {
    const { broker, keeper } = start()
    const lease = keeper.call('cancelsInAnother', [PID], SLEEP)
    await releaseWhileRunning(broker, keeper, lease)
    expect(await lease).toEqual({ code: '57014', one: 1 })
    expect(broker.stats().default).toMatchObject({ opened: 1, leases: 2, cancels: 1, idle: 1 })
  })
})

describe.skipIf(!getSockets)('a cancel of a thread that has the socket', () => {
  test('never hits the lease’s next query, nor that of its next lease', async () => {
    const { broker, keeper } = start()
    expect(await keeper.call('cancels', 16)).toEqual([])
    await untilQuiet(broker)
    const { cancels, closed, leases } = broker.stats().default!
    expect({ leases, unclean: closed.unclean, lost: closed.lost }).toEqual({
      leases: 16,
      unclean: 0,
      lost: 0,
    })
    expect(cancels).toBeGreaterThan(16)
  })

  test.each([
    ['its lease’s next query', false],
    ['the query of its thread’s next lease', true],
  ])('comes late, and %s waits for that', async (_whose, isAnotherLease) => {
    const doorman = await lending.doorman()
    const broker = lending.broker({ max: 1, connectionString: doorman.connectionString })
    const keeper = new Keeper(lending, broker)
    const locks = [await lock(database, 1), await lock(database, 2)]
    const [slow, next] = [1, 2].map((key) => `SELECT pg_advisory_xact_lock(${key})`)
    const count = keeper.call('cancelsLate', slow, next, isAnotherLease)
    await untilRunning(database, slow!)
    doorman.holdNewcomers()
    await keeper.call('releases')
    await until(() => doorman.waiting === 1, 'for the cancel')
    await locks[0]!.release()
    await keeper.leased()
    await aWhile()
    doorman.letIn()
    await aWhile()
    await locks[1]!.release()
    expect(await count).toBe(1)
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1, leases: isAnotherLease ? 2 : 1 })
  })
})
