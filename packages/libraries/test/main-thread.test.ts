import { drizzle } from 'drizzle-orm/node-postgres'
import { Logger, run } from 'graphile-worker'
import { expect, test } from 'vitest'
import { city } from '../src/drizzle/database.js'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/drizzle/tasks.js')>('drizzle')

test('Drizzle on the main thread works on the connections that the tasks lease', async () => {
  const { broker, executor } = library()
  await executor.run(undefined, { name: 'migrate' })
  const db = drizzle({ client: broker.pool(), schema: { city } })
  const insert = (id: number) => db.insert(city).values({ id, task: 0, name: 'of the main thread' })
  const [seen] = await Promise.all([
    library().atOnce('workOnPool'),
    ...Array.from({ length: 20 }, (_, index) => insert(-index)),
    db.transaction((transaction) => transaction.select().from(city)),
  ])
  for (const each of seen) expect(each).toEqual({ ...WORK, failure: 'DrizzleQueryError 23505' })
  expect(await db.$count(city)).toBe(20 + 6 * 3)
  await library().untilAllGivenBack()
})

test('graphile-worker waits for jobs on the main thread, and its jobs are tasks', async () => {
  const { broker, executor } = library()
  const pgPool = broker.pool()
  pgPool.on('error', console.error)
  pgPool.on('connect', (client) => client.on('error', console.error))
  await executor.run(undefined, { name: 'migrate' })
  const done = new Promise<unknown>((resolve, reject) => {
    const job = async (payload: unknown) => {
      await executor.run((payload as { task: number }).task, { name: 'workOnPool' }).then(resolve, reject)
    }
    const logger = new Logger(() => () => {})
    run({ pgPool, noHandleSignals: true, logger, concurrency: 1, taskList: { job } }).then(async (runner) => {
      await runner.addJob('job', { task: 7 })
      await done.catch(() => {})
      await runner.stop()
    }, reject)
  })
  expect(await done).toMatchObject({ inserted: 3 })
  await library().untilAllGivenBack()
})
