import { beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Keeper, PID } from '../../support/keeper.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Makes the session's reset fail: to drop so many tables takes longer than its statements may. */
const UNRESETTABLE = [
  `DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TEMP TABLE t%s ()', i); END LOOP; END $$`,
  "SET statement_timeout = '1ms'",
]

function start() {
  const broker = lending.broker({ max: 1 })
  return { broker, keeper: new Keeper(lending, broker) }
}

describe.skipIf(!getSockets)(
  'a lease that a thread has begun itself, on a session that cannot be reset,',
  () => {
    beforeEach(async () => {
      const { broker } = start()
      await broker.withConnection((client) =>
        client.query('DROP TABLE IF EXISTS seen; CREATE TABLE seen (id int)'),
      )
      await broker.close()
    })

    test.each([
      ['a simple query', 'INSERT INTO seen VALUES (1)'],
      ['an extended query', { text: 'INSERT INTO seen VALUES ($1)', values: [1] }],
      [
        'a query of many chunks',
        { text: 'INSERT INTO seen SELECT $1 + 0 * length($2)', values: [1, 'x'.repeat(3e6)] },
      ],
    ])('runs %s once, on another connection', async (_what, insert) => {
      const { broker, keeper } = start()
      const before = await processId(broker)
      const lease = keeper.call<{ pid: number }>('thenAnother', UNRESETTABLE, [insert, PID])
      await keeper.standStill()
      const { pid } = await lease
      expect(pid).not.toBe(before)
      const { rows } = await broker.withConnection((client) => client.query('SELECT id FROM seen'))
      expect(rows).toEqual([{ id: 1 }])
      await untilQuiet(broker)
      // The lease is granted twice: by the thread itself, and by the broker.
      expect(broker.stats().default).toMatchObject({ opened: 2, leases: 5, closed: { unclean: 1 } })
    })

    test.each([
      ['that its first query waited for', [UNRESETTABLE]],
      ['that its first query was sent behind', [[PID], UNRESETTABLE]],
    ])('runs all that it has sent meanwhile, behind a reset %s', async (_what, leases) => {
      const { broker, keeper } = start()
      const queries = [1, 2, 3].map((n) => `SELECT pg_sleep(0.001), ${n} AS n`)
      const rows = await keeper.call<object[]>('thenPipelined', leases, queries)
      expect(rows).toMatchObject([{ n: 1 }, { n: 2 }, { n: 3 }])
      await untilQuiet(broker)
      expect(broker.stats().default).toMatchObject({ closed: { unclean: 1 } })
    })

    test('waits like any other for the connection that it needs', async () => {
      const { broker, keeper } = start()
      const lease = keeper.call<{ pid: number }>('thenAnother', UNRESETTABLE, [PID])
      await keeper.standStill()
      const others = [processId(broker), processId(broker)]
      const pids = await Promise.all([...others, lease.then(({ pid }) => pid)])
      expect(new Set(pids.slice(1)).size).toBe(1)
      await untilQuiet(broker)
      const { waitMillis, holdMillis, leases } = broker.stats().default!
      expect([waitMillis.count, holdMillis.count]).toEqual([leases, leases])
    })

    test('may be released before it is granted another', async () => {
      const { broker, keeper } = start()
      const lease = keeper.call('thenHalfOfAnother', UNRESETTABLE, 'INSERT INTO seen VALUES (1)')
      await keeper.standStill()
      await keeper.call('releases')
      await lease
      expect(await processId(broker)).toBeGreaterThan(0)
      await untilQuiet(broker)
      const { rows } = await broker.withConnection((client) => client.query('SELECT id FROM seen'))
      expect(rows.length).toBeLessThanOrEqual(1)
    })
  },
)

describe.skipIf(!getSockets)(
  'a lease that a thread has begun itself and is over before its session is reset',
  () => {
    test('has run nothing that is to be cancelled: its connection is lent again once it is reset', async () => {
      const { broker, keeper } = start()
      const { pid } = await keeper.call<{ pid: number }>('failsAtOnce', [PID], 'SELECT pg_sleep(60)')
      expect(await processId(broker)).toBe(pid)
      await untilQuiet(broker)
      expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 0 })
    })

    test('leaves no mark on the next reset, behind which a query travels that is to be cancelled', async () => {
      const { broker, keeper } = start()
      await keeper.call('failsAtOnce', [PID], 'SELECT pg_sleep(60)')
      await untilQuiet(broker)
      const { before, call } = await broker.withConnection(async (client) => {
        await client.query('SELECT 1')
        const before = broker.stats().default!.handedOver
        const call = keeper.call('failsMeanwhile', 'SELECT pg_sleep(60)')
        await expect.poll(() => broker.stats().default!.waiting).toBe(1)
        return { before, call }
      })
      await expect.poll(() => broker.stats().default!.handedOver).toBe(before + 1)
      keeper.goOn()
      await call
      await untilQuiet(broker)
      expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
    })
  },
)
