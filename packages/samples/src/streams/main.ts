import { deepEqual, equal, ok } from 'node:assert/strict'
import { ConnectionBroker, type LeasedClient, SharedPoolExecutor } from '@pglease/broker'

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

const handle = (payload: unknown) => heard.push(payload)
let caughtUp = 0
const catchUp = async (_client: LeasedClient) => caughtUp++

// #region main-listen
import { on } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Until the signal aborts: that of `installShutdown`, or the listener's lease would hold up the end. */
async function listen(signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      await broker.withConnection(
        async (client) => {
          const news = on(client, 'notification', { signal })
          await client.query('LISTEN news')
          await catchUp(client) // reads what came while nobody listened: it is not told again
          for await (const [{ payload }] of news) handle(payload)
        },
        { signal },
      )
    } catch (error) {
      if (signal.aborted) return
      console.warn(error) // a LeaseLostError, when the server has restarted
      await sleep(1000, undefined, { signal }).catch(() => {})
    }
  }
}
// #endregion main-listen
const stop = new AbortController()
const listener = listen(stop.signal)
const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(5)
}
await until(() => caughtUp === 1)
await broker.withConnection((client) => client.query("SELECT pg_notify('news', 'one')"))
await until(() => heard.includes('one'))
await broker.withConnection((client) =>
  client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND pid <> pg_backend_pid()",
  ),
)
await until(() => caughtUp === 2)
await broker.withConnection((client) => client.query("SELECT pg_notify('news', 'two')"))
await until(() => heard.includes('two'))
stop.abort()
await listener

await executor.close()
await broker.close()
