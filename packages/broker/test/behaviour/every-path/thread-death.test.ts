import { WINDOW_BYTES } from '@pglease/client/internal'
import { expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, nextMessage, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Whether a thread has the socket of what it leases: how much of an answer it has read, nobody knows when it ends. */
const hasSocket = !inject('relayed')

type Deaths = typeof import('../../tasks/deaths.js')

/** From Node 24 on the end of a thread out of memory mostly ends its process. */
const outlivesMemory = Number.parseInt(process.versions.node, 10) < 24

test.each([
  'an uncaught error',
  'an unhandled rejection',
  'process.exit()',
  ...(outlivesMemory ? ['an end out of memory'] : []),
])('a lease comes back clean after %s in its thread, and the caller is told', async (how) => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Deaths>(broker, 'deaths.js', {
    resourceLimits: { maxOldGenerationSizeMb: 48 },
  })
  const before = await executor.run(undefined, { name: 'looks' })
  await expect(executor.run(how, { name: 'dies' })).rejects.toMatchObject({ code: 'PGLEASE_THREAD_ENDED' })
  expect(await executor.run(undefined, { name: 'looks' })).toEqual({ found: null, pid: before.pid })
  expect(broker.stats().default).toMatchObject({ opened: 1, rollbacks: 1 })
})

test('all the leases of a thread end with it', async () => {
  const broker = lending.broker({ max: 3 })
  const executor = lending.executor<Deaths>(broker, 'deaths.js', { concurrentTasksPerWorker: 3 })
  const tasks = [
    executor.run(undefined, { name: 'sleeps' }),
    executor.run(undefined, { name: 'sleeps' }),
    executor.run(undefined, { name: 'diesWhenOthersSleep' }),
  ]
  for (const task of await Promise.allSettled(tasks)) {
    expect(task).toMatchObject({ status: 'rejected', reason: { code: 'PGLEASE_THREAD_ENDED' } })
  }
  await untilQuiet(broker)
  const closed = hasSocket ? 2 : 0
  expect(broker.stats().default).toMatchObject({ leased: 0, idle: 3 - closed, closed: { unclean: closed } })
  const isDone = async () => (await database.serverConnections()) === 3 - closed
  await until(isDone, 'for the server to have stopped the queries')
})

/** Terminates a thread where it stands. The only connection must come back whole, without a long wait. */
async function terminates(where: string, how: string, isKept: boolean) {
  const broker = lending.broker({ max: 1 })
  const pid = await broker.withConnection(async (client) => (await client.query(PID)).rows[0].pid)
  const worker = lending.worker(broker, 'holder.js', { workerData: { where, how } })
  expect(await nextMessage(worker)).toBe('there')
  expect(broker.stats().default!.leased).toBe(1)
  await worker.terminate()
  const after = await broker.withConnection(async (client) => (await client.query(PID)).rows[0])
  expect(after).toEqual({ pid: isKept ? pid : expect.any(Number), found: null })
  expect(broker.stats().default).toMatchObject({ opened: isKept ? 1 : 2 })
  expect(await database.serverConnections()).toBe(1)
}

const PID = "SELECT pg_backend_pid() AS pid, to_regclass('half_done') AS found"

test.each(['in a loop without end', 'in Atomics.wait', 'waiting for nothing'])(
  'a lease comes back when its thread is terminated %s',
  (how) => terminates('after a query', how, true),
)

test.each(['in a transaction', 'in a failed transaction'])(
  'a lease comes back when its thread is terminated %s',
  (where) => terminates(where, 'in Atomics.wait', true),
)

test.each(['in a query', 'with a result half read', 'in a COPY in', 'in a COPY out'])(
  `a lease ${hasSocket ? 'is closed' : 'comes back'} when its thread is terminated %s`,
  (where) => terminates(where, 'in Atomics.wait', !hasSocket),
)

test('a thread that is terminated while it waits for a lease costs nobody a connection', async () => {
  const broker = lending.broker({ max: 1 })
  await broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    const worker = lending.worker(broker, 'holder.js', {
      workerData: { where: 'after a query', how: 'in Atomics.wait' },
    })
    await until(() => broker.stats().default!.waiting === 1, 'for the thread to wait')
    await worker.terminate()
    await until(() => broker.stats().default!.waiting === 0, 'for the thread to leave the line')
  })
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ leases: 1, withdrawn: 1, idle: 1 })
})

test.skipIf(hasSocket)(
  'a lease comes back when its thread is terminated with a whole result unread',
  async () => {
    const broker = lending.broker({ max: 1 })
    const workerData = { where: 'with a whole result unread', how: 'in Atomics.wait' }
    const worker = lending.worker(broker, 'holder.js', { workerData })
    expect(await nextMessage(worker)).toBe('there')
    const isFull = () => broker.stats().default!.bytesFromServer >= WINDOW_BYTES
    await until(isFull, 'for the broker to stop reading')
    await worker.terminate()
    expect(await broker.withConnection(async (client) => (await client.query('SELECT 1')).rowCount)).toBe(1)
    expect(broker.stats().default).toMatchObject({ opened: 1 })
  },
)
