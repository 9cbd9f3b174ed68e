import { deepEqual, equal, ok } from 'node:assert/strict'
import { on } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 3 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})

equal(await executor.run('Norway', { name: 'total' }), 717710 + 291940 + 212660)
equal(await executor.run('Norway', { name: 'totalByCursor' }), 717710 + 291940 + 212660)
equal(await executor.run(1000, { name: 'copyIn' }), 1000)
ok((await executor.run(undefined, { name: 'copyOut' })).startsWith('1\tcity 1\n'))

const controller = new AbortController()
const heard: unknown[] = []
const listening = executor.run(undefined, {
  name: 'listen',
  signal: controller.signal,
  onProgress: (payload) => heard.push(payload),
})
while (heard.length === 0) {
  await broker.withConnection((client) => client.query("SELECT pg_notify('news', 'hello')"))
  await sleep(20)
}
controller.abort()
await listening.catch(() => {})
deepEqual(heard[0], 'hello')

// #region main-listen
const stop = new AbortController()
const listener = broker.withConnection(async (client) => {
  await client.query('LISTEN news')
  for await (const [{ payload }] of on(client, 'notification', { signal: stop.signal })) console.log(payload)
})
// #endregion main-listen
stop.abort()
await listener.catch(() => {})

await executor.close()
await broker.close()
