import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ConnectionBroker } from '@pglease/broker'

const connectionString = process.env.DATABASE_URL
const broker = new ConnectionBroker({
  databases: { default: { connectionString, max: 2 }, replica: { connectionString, max: 2 } },
})
const worker = new Worker(new URL('./worker.js', import.meta.url))
broker.attach(worker)
const [code] = await once(worker, 'exit')
if (code !== 0) throw new Error(`The worker ended with ${code}`)
await broker.close()
