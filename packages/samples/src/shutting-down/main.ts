import { equal } from 'node:assert/strict'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})
equal(await executor.run(4, { name: 'double' }), 8)

// #region order
await executor.close({ timeoutMillis: 20_000 }) // tasks that run or wait finish; new ones are refused
await broker.close({ timeoutMillis: 5000 }) // who holds a lease may finish, for five seconds
// #endregion order
