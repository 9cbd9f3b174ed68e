import { equal } from 'node:assert/strict'
import { ConnectionBroker, isRetryable, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})
await Promise.all([
  executor.run({ from: 1, to: 2, amount: 5 }, { name: 'transfer' }),
  executor.run({ from: 2, to: 1, amount: 5 }, { name: 'transfer' }),
])
equal(await executor.run({ account: 1, amounts: [1, 2 ** 40, 3] }, { name: 'book' }), 2)

const input = { from: 1, to: 2, amount: 0 }
// #region retry
async function twice() {
  try {
    return await executor.run(input, { name: 'transfer' })
  } catch (error) {
    if (!isRetryable(error)) throw error
    return await executor.run(input, { name: 'transfer' }) // the whole task, from its beginning
  }
}
// #endregion retry
await twice()

await executor.close()
await broker.close()
