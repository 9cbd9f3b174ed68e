// main.mjs: the main thread owns the pool
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
broker.on('warning', ({ code, message }) => console.warn(code, message)) // what somebody should look at
const executor = new SharedPoolExecutor(broker, {
  filename: new URL('./tasks.mjs', import.meta.url),
  maxThreads: 8,
})

const inputs = Array.from({ length: 100 }, (_, number) => ({ number }))
for await (const result of executor.map(inputs, { name: 'square' })) console.log(result)

await executor.close()
await broker.close()
