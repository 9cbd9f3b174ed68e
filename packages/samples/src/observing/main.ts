import { deepEqual, equal } from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  name: 'reports',
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
})
const waits: object[] = []
const closed: string[] = []
const histogram = { record: (_millis: number, about: object) => waits.push(about) }
const counter = {
  add: (_count: number, { reason }: { database: string; reason: string }) => closed.push(reason),
}

// #region channels
import { channels } from '@pglease/broker'

channels.leaseGranted.subscribe(({ broker, database, task, waitMillis }) =>
  histogram.record(waitMillis, { broker, database, task }),
)
channels.connectionClosed.subscribe(({ database, reason }) => counter.add(1, { database, reason }))
// #endregion channels

const requests = new AsyncLocalStorage<{ id: string }>()
// #region carrier
// main thread
channels.taskQueued.subscribe(({ carrier }) => {
  carrier.request = requests.getStore()?.id ?? ''
})
// #endregion carrier

const { sum, request } = await requests.run({ id: 'r1' }, () => executor.run('Portugal', { name: 'people' }))
deepEqual([sum, request], [815_900, 'r1'])
await executor.close()
await broker.close()
deepEqual(waits, [{ broker: 'reports', database: 'default', task: 'people' }])
equal(closed.length, 1)
