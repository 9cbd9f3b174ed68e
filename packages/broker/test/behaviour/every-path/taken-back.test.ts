import { expect, test } from 'vitest'
import type { ConnectionBroker, DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/manners/leaks.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const REVOKED = { name: 'LeaseRevokedError', code: 'PGLEASE_LEASE_REVOKED', retryable: true }
const CLOSED = { name: 'BrokerClosedError', code: 'PGLEASE_BROKER_CLOSED', retryable: false }

/** How a lease is taken back from its holder, and what that is told. */
const WAYS: [string, DatabaseOptions, (broker: ConnectionBroker) => unknown, object][] = [
  ['held too long', { maxLeaseMillis: 200 }, () => {}, REVOKED],
  ['recycled with force', {}, (broker) => broker.recycle('default', { force: true }), REVOKED],
  ['closed', {}, (broker) => broker.close({ timeoutMillis: 0 }), CLOSED],
]

/** Whether the thread blocks before it has seen its grant, or between two queries. */
const TASKS = ['queriesAndBlocks', 'blocksInBetween'] as const

test.each(WAYS.flatMap((way) => TASKS.map((name) => [...way, name] as const)))(
  'a thread that computes while its lease is %s is told so, however often',
  async (_, options, takeBack, told, name) => {
    const start = () => {
      const broker = lending.broker({ max: 1, ...options })
      return { broker, executor: lending.executor<Tasks>(broker, 'manners/leaks.js') }
    }
    // A broker that is closed needs another for the next round. Every other round waits until the lease is taken back.
    const goesOn = told === REVOKED
    let started: ReturnType<typeof start> | undefined
    for (let round = 0; round < (goesOn ? 5 : 2); round++) {
      if (!goesOn) started = undefined
      started ??= start()
      const { broker, executor } = started
      const { leases, revoked } = broker.stats().default!
      const cells = new Int32Array(new SharedArrayBuffer(4))
      const task = executor.run(cells, { name })
      task.catch(() => {})
      await until(() => broker.stats().default!.leases === leases + 1, 'for the lease')
      const over = takeBack(broker)
      await until(() => broker.stats().default!.revoked === revoked + 1, 'for the lease to be taken back')
      // Until its connection is closed, a thread that has the socket may still use it.
      await untilQuiet(broker)
      if (round % 2 === 0) await over
      Atomics.store(cells, 0, 1)
      Atomics.notify(cells, 0)
      await expect(task).rejects.toMatchObject({ ...told, database: 'default' })
      await over
    }
  },
)
