import { ConnectionBroker, type DatabaseOptions, SharedPoolExecutor } from '@pglease/broker'

import type { TestDatabase } from '../../../broker/test/support/database.js'
import { gate } from '../../../broker/test/support/until.js'
import { atEnd } from './at-end.js'

/** Of one database, `default`; it ends with the test. */
export function startBroker(
  { connectionString }: TestDatabase,
  options: DatabaseOptions = {},
  name?: string,
) {
  const broker = new ConnectionBroker({
    ...(name === undefined ? {} : { name }),
    databases: { default: { connectionString, max: 1, min: 0, ...options } },
  })
  atEnd(() => broker.close({ timeoutMillis: 0 }))
  return broker
}

/** Of the tasks in `programs/tasks.js`; it ends with the test. */
export function startExecutor(broker: ConnectionBroker) {
  const filename = new URL('../programs/tasks.js', import.meta.url)
  const executor = new SharedPoolExecutor<typeof import('../programs/tasks.js')>(broker, {
    filename,
    maxThreads: 1,
  })
  atEnd(() => executor.close({ timeoutMillis: 0 }))
  return executor
}

/** A lease of the main thread that is held until the test gives it back. */
export async function hold(broker: ConnectionBroker<'default'>) {
  const done = gate()
  const holds = gate()
  let processId = 0
  const over = broker.withConnection(async (client) => {
    processId = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    holds.open()
    await done
  })
  await Promise.race([holds, over])
  const release = () => {
    done.open()
    return over
  }
  return { processId, release }
}
