import { deepEqual } from 'node:assert/strict'
import { once } from 'node:events'

// #region main
// main.ts
import { Worker } from 'node:worker_threads'
import { ConnectionBroker } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const worker = new Worker(new URL('./worker.js', import.meta.url))
broker.attach(worker) // right after new Worker
// #endregion main

const exit = once(worker, 'exit')
deepEqual(await once(worker, 'message'), [{ cities: 5, largest: 'Oslo' }])
deepEqual(await exit, [0])
await broker.close()
