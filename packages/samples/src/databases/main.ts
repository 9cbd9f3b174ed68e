import { equal } from 'node:assert/strict'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const primaryUrl = process.env.DATABASE_URL
const replicaUrl = process.env.DATABASE_URL
// #region broker
const broker = new ConnectionBroker({
  databases: {
    default: { connectionString: primaryUrl, max: 4 },
    replica: { connectionString: replicaUrl, max: 8, readOnly: true },
  },
})
// #endregion broker
const filename = new URL('./tasks.js', import.meta.url)

// #region limited
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename,
  maxThreads: 2,
  databases: ['default', 'replica'], // what its tasks may lease; by default all
})
// #endregion limited
equal(await executor.run('Portugal', { name: 'report' }), 567131 + 248769)
await executor.close()
await broker.close()
