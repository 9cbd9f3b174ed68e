/** Leases in each way, and prints which of them have loaded native code: in a process that counts them from its start. */
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const { databases, handOver } = JSON.parse(process.argv[2])
const broker = new ConnectionBroker({ databases, handOver })
const executor = new SharedPoolExecutor(broker, {
  filename: new URL('../tasks/thread.js', import.meta.url).href,
  maxThreads: 1,
  execArgv: process.execArgv,
})
const threads = []
const reasons = {}
for (const name of Object.keys(databases)) {
  await broker.withConnection((client) => client.query('SELECT 1'), { database: name })
  threads.push(await executor.run(name, { name: 'nativeLoads' }))
  reasons[name] = broker.stats()[name].relayReason ?? 'handed over'
}
await executor.close()
await broker.close()
process.stdout.write(JSON.stringify({ main: globalThis.nativeLoads, threads: Math.max(...threads), reasons }))
