// #region handler
// handler.js: outside of the handler, made once for each instance
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: {
    default: { connectionString: process.env.DATABASE_URL, max: 2, idleTimeoutMillis: 1000 },
  },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})

export async function handler({ countries }: { countries: string[] }) {
  return await Promise.all(countries.map((country) => executor.run(country, { name: 'people' })))
}
// #endregion handler

export { broker, executor }
