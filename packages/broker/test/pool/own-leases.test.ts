import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/waits-for-itself.js')

const FILE = 'waits-for-itself.js'
const database = await createTestDatabase()
const lending = new Lending(database)

/** Short where the wait is in vain. */
const connectionTimeoutMillis = 100
const ITSELF = /holds? \d+ of these itself/

const own = (count: number) =>
  expect.stringMatching(
    new RegExp(
      `This thread \\(thread \\d+\\) holds ${count} of these itself: use one client for both .*withTransaction.*release first, or raise .max.`,
    ),
  )

test.each<Parameters<Tasks['holdsAndWaits']>[0]>([
  'context.withConnection',
  'context.withTransaction',
  'context.database',
  'context.pool',
  'withConnection',
  'withTransaction',
  'Pool',
  'Client',
])('a task that waits by %s for a connection which it holds itself is told so', async (how) => {
  const executor = lending.executor<Tasks>(lending.broker({ max: 1 }), FILE)
  // The second begins its lease without the broker, where the thread may keep the socket.
  for (const _ of [1, 2])
    expect(await executor.run(how, { name: 'holdsAndWaits' })).toMatchObject({
      code: 'PGLEASE_LEASE_TIMEOUT',
      message: own(1),
      holders: [expect.stringMatching(/thread \d+ for \d+ ms$/)],
    })
})

test('where nobody may wait, one who holds all is told the same at once', async () => {
  const executor = lending.executor<Tasks>(lending.broker({ max: 1, maxWaiting: 0 }), FILE)
  const refused = { code: 'PGLEASE_QUEUE_FULL', message: own(1) }
  expect(await executor.run('Pool', { name: 'holdsAndWaits' })).toMatchObject(refused)
})

test('of what tasks of the same name hold, each thread is told of its own', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, FILE, { minThreads: 2, maxThreads: 2 })
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const run = () => executor.run({ cells, others: 2 }, { name: 'meetsAndWaits' })
  for (const seen of await Promise.all([run(), run()]))
    expect(seen).toMatchObject({ message: own(1), holders: [expect.anything(), expect.anything()] })
})

test('tasks that share a thread are told of what it holds', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, FILE, { concurrentTasksPerWorker: 2 })
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const run = () => executor.run({ cells, others: 2 }, { name: 'meetsAndWaits' })
  for (const seen of await Promise.all([run(), run()])) expect(seen).toMatchObject({ message: own(2) })
})

test('one who waits for others is told of them alone, whatever its thread has kept', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, FILE)
  expect(await executor.run({}, { name: 'asks' })).toBe('leased')
  const held = await hold(broker)
  const seen = await executor.run({ connectionTimeoutMillis }, { name: 'asks' })
  expect(seen).toMatchObject({ holders: [expect.stringMatching(/^the main thread/)] })
  expect((seen as Error).message).not.toMatch(ITSELF)
  await held.release()
})

test('the main thread, where many lease, is told of nothing that is not sure', async () => {
  const broker = lending.broker({ max: 1 })
  const held = await hold(broker)
  const error = await processId(broker, { connectionTimeoutMillis }).catch((error) => error)
  expect(error).toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
  expect(error.message).not.toMatch(ITSELF)
  await held.release()
})
