import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL!, max: 1 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.ts')>(broker, {
  filename: new URL('./tasks.ts', import.meta.url).href,
  maxThreads: 1,
})
console.log(await executor.run({ number: 7 }, { name: 'square' }))
await executor.close()
await broker.close()
