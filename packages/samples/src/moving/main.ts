import { deepEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
// #region broker
import { ConnectionBroker } from '@pglease/broker'

// In the main thread: the only place that needs the password.
const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
// #endregion broker

const before = new Worker(new URL('./before-worker.js', import.meta.url))
before.postMessage('Norway')
const people = await once(before, 'message')
await before.terminate()

// #region attach
const worker = new Worker(new URL('./after-worker.js', import.meta.url))
broker.attach(worker)
// #endregion attach
worker.postMessage('Norway')
deepEqual(await once(worker, 'message'), people)
await worker.terminate()

// #region piscina-before
// main.ts, before
import { Piscina } from 'piscina'

const piscina = new Piscina({ filename: new URL('./piscina-tasks.js', import.meta.url).href, maxThreads: 2 })
const total = await piscina.run('Norway', { name: 'people' })
// #endregion piscina-before
await piscina.destroy()

// #region piscina-after
// main.ts, after
import { SharedPoolExecutor } from '@pglease/broker'

const executor = new SharedPoolExecutor(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})
const same = await executor.run('Norway', { name: 'people' })
// #endregion piscina-after
deepEqual([total, same], [people[0], people[0]])
deepEqual(await executor.run('Norway', { name: 'peopleAndCities' }), { people: people[0], cities: 3 })

await executor.close()
await broker.close()
