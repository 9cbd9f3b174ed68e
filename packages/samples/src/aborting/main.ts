import { rejects } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor, TaskTimeoutError } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
// #region grace
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
  abortGraceMillis: 5000, // default 1000
})
// #endregion grace

const request = { signal: AbortSignal.timeout(200) }
// #region abort
const simulation = executor.run({ steps: 1e12 }, { name: 'simulate', signal: request.signal })
// #endregion abort
await rejects(simulation, { name: 'TimeoutError' })

// #region timeout
try {
  await executor.run(undefined, { name: 'slowQuery', timeoutMillis: 100 })
} catch (error) {
  if (!(error instanceof TaskTimeoutError)) throw error
  console.log(error.code) // PGLEASE_TASK_TIMEOUT: the server has been told to cancel the query
}
// #endregion timeout
await rejects(executor.run('nowhere', { name: 'poll', timeoutMillis: 100 }), TaskTimeoutError)
// A query is cancelled before its connection comes back.
while (broker.stats().default!.leased > 0) await sleep(5)

await executor.close()
await broker.close()
