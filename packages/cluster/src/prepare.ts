import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import type { CountrySize } from '@pglease/demo/parts'
import { runMigrations } from 'graphile-worker'
import { type Access, databaseOf } from './database.js'
import { queueOptions, queuePool } from './queue.js'

/** What is done before the members start, and after they have ended: on as many connections as one of them has. */
async function withExecutor<T>(
  access: Access,
  work: (
    broker: ConnectionBroker,
    executor: SharedPoolExecutor<typeof import('./member/tasks.js')>,
  ) => Promise<T>,
): Promise<T> {
  const broker = new ConnectionBroker({ databases: { default: databaseOf(access) } })
  const executor = new SharedPoolExecutor<typeof import('./member/tasks.js')>(broker, {
    filename: new URL('./member/tasks.js', import.meta.url),
    maxThreads: 1,
  })
  try {
    return await work(broker, executor)
  } finally {
    await executor.close()
    await broker.close()
  }
}

/** Makes the queue's tables where they are missing, and fills the table of cities. */
export function prepare(
  access: Access,
  schema: string,
  countries: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<CountrySize[]> {
  return withExecutor(access, async (broker, executor) => {
    await runMigrations(queueOptions(queuePool(broker), schema))
    return executor.run(countries, { name: 'loadCities', signal })
  })
}

/** The countries whose stored tour is not what it should be. */
export const verify = (access: Access, signal: AbortSignal): Promise<string[]> =>
  withExecutor(access, (_, executor) => executor.run(undefined, { name: 'verifyTours', signal }))
