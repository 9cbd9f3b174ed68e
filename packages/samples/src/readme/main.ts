// #region executor
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url).href,
  maxThreads: 8,
})

console.log(await executor.run({ number: 12 }, { name: 'square' }))

await executor.close()
await broker.close()
// #endregion executor
