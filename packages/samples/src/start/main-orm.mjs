import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const filename = new URL('./orm-tasks.mjs', import.meta.url).href
const executor = new SharedPoolExecutor(broker, { filename, maxThreads: 2 })
const countries = ['Norway', 'Portugal']
for await (const cities of executor.map(countries, { name: 'largest' })) console.log(cities)
for await (const cities of executor.map(countries, { name: 'renamed' })) console.log(cities)
await executor.close()
await broker.close()
