import { threadId } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { hold, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { getSockets } from '../../support/sockets.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/shown.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const start = lending.renewed(() => {
  const broker = lending.broker({ max: 1, showStatements: true })
  const executor = lending.executor<Tasks>(broker, 'shown.js')
  /** What there is to see after each query of a task, which goes on when it has been looked at. */
  const reportsOf = async (name: 'waitsAfterOne' | 'waitsAfterEach') => {
    const [reports, gate] = [[] as unknown[], new Int32Array(new SharedArrayBuffer(4))]
    const onProgress = () => {
      reports.push(broker.leases()[0])
      Atomics.add(gate, 0, 1)
      Atomics.notify(gate, 0)
    }
    return { processId: await executor.run(gate.buffer, { name, onProgress }), reports }
  }
  return { broker, executor, reportsOf }
})

const PATH = getSockets
  ? { path: 'handed over', relayReason: undefined }
  : { path: 'relayed', relayReason: expect.any(String) }

const MINE = { database: 'default', task: undefined, threadId, lease: expect.any(Number) }

describe('the leases of a broker', () => {
  test('are none where nobody has any', async () => {
    const { broker } = await start()
    expect(broker.leases()).toEqual([])
  })

  test('are those that are held and waited for, in the order in which they were asked for', async () => {
    const { broker } = await start()
    const held = await hold(broker)
    const waiting = broker.withConnection((client) => client.query('SELECT 2 AS two'))
    await untilWaiting(broker, 1)
    expect(broker.leases()).toEqual([
      {
        ...MINE,
        ...PATH,
        state: 'held',
        processId: held.processId,
        ageMillis: expect.any(Number),
        statement: 'SELECT pg_backend_pid() AS pid',
      },
      {
        ...MINE,
        state: 'waiting',
        processId: undefined,
        path: undefined,
        relayReason: undefined,
        ageMillis: expect.any(Number),
        statement: 'SELECT 2 AS two',
      },
    ])
    await held.release()
    await waiting
    await untilQuiet(broker)
    expect(broker.leases()).toEqual([])
  })

  test('are as old as they have waited, or been held', async () => {
    const { broker } = await start()
    const held = await hold(broker)
    const waiting = broker.withConnection((client) => client.query('SELECT 1'))
    await untilWaiting(broker, 1)
    const ages = () => broker.leases().map(({ ageMillis }) => ageMillis)
    const [first, second] = ages()
    const now = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(now + 7000)
    const later = ages()
    vi.restoreAllMocks()
    expect(later[0]! - first!).toBeGreaterThanOrEqual(7000)
    expect(later[1]! - second!).toBeGreaterThanOrEqual(7000)
    await held.release()
    await waiting
  })

  test('tell of a task, and of what it has sent last, without parameters and as far as it fits', async () => {
    const { reportsOf } = await start()
    const { reports, processId } = await reportsOf('waitsAfterEach')
    const shown = { ...PATH, database: 'default', task: 'waitsAfterEach', state: 'held', processId }
    expect(reports).toMatchObject([
      { ...shown, statement: 'SELECT $1::text AS secret' },
      { ...shown, statement: 'SELECT 1 AS one, 2 AS two' },
      { ...shown, statement: `${"SELECT '".padEnd(80, 'é')}…` },
      { ...shown, statement: 'SELECT $1::int AS named' },
      { ...shown, statement: 'SELECT 2 AS between' },
      { ...shown, statement: 'SELECT $1::int AS named' },
      { ...shown, statement: 'SELECT pg_backend_pid() AS pid' },
    ])
  })

  test('a lease that a thread has begun by itself tells of its own task and statement', async () => {
    const { executor, reportsOf } = await start()
    for (let count = 0; count < 3; count++) await executor.run(new SharedArrayBuffer(4), { name: 'short' })
    const { reports } = await reportsOf('waitsAfterOne')
    expect(reports).toMatchObject([
      { task: 'waitsAfterOne', state: 'held', threadId: expect.any(Number), statement: 'SELECT 7 AS seven' },
    ])
  })

  test.skipIf(!getSockets)('what a thread keeps is no lease, and is told of as kept', async () => {
    const { broker, executor } = await start()
    await executor.run(new SharedArrayBuffer(4), { name: 'short' })
    await until(() => broker.leases()[0]?.state === 'kept', 'for the connection to be kept')
    expect(broker.leases()).toMatchObject([{ state: 'kept', task: undefined, path: 'handed over' }])
  })

  test('without the option there are no statements', async () => {
    const broker = lending.broker({ max: 1 })
    const held = await hold(broker)
    expect(broker.leases()).toMatchObject([{ state: 'held', statement: undefined }])
    await held.release()
  })

  test('one that is being prepared is told of as such', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
    await (await hold(broker)).release()
    await untilQuiet(broker)
    proxy.hold('toClient')
    const lease = broker.withConnection((client) => client.query('SELECT 1'), {
      isolationLevel: 'serializable',
    })
    await until(() => broker.leases()[0]?.state === 'preparing', 'for the lease to be prepared')
    proxy.pass('toClient')
    await lease
  })
})
