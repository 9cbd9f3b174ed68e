import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor(broker, {
  filename: new URL('./tasks.js', import.meta.url).href,
  maxThreads: 2,
})
const results = await Promise.all([1, 2, 3, 4].map((number) => executor.run(number, { name: 'square' })))
await executor.close()
await broker.close()
console.log(JSON.stringify(results))
