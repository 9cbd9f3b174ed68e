import { equal } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
})
const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')

async function* jobs({ signal }: { signal: AbortSignal }) {
  for (let number = 0; !signal.aborted; number++) {
    yield number
    if (number === 2) process.kill(process.pid, 'SIGTERM')
    if (number >= 2) await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
let done = 0
process.on('exit', (code) => {
  equal(code, 0)
  equal(done > 2, true)
})

// #region shutdown
import { installShutdown } from '@pglease/broker'

const { signal } = installShutdown({
  broker,
  executor, // or several, in an array
  signals: ['SIGTERM', 'SIGINT'], // the default
  timeoutMillis: 20_000, // the default: how long tasks may go on
  delayMillis: 100, // default 0: see below
  beforeClose: () => Promise.all([new Promise((resolve) => server.close(resolve)), working]),
})
const working = work().catch((error) => console.error(error)) // its last task may be aborted at the limit

async function work() {
  for await (const job of jobs({ signal })) {
    await executor.run(job, { name: 'double' }) // a loop that brings in work ends by the signal
    done++
  }
}
// #endregion shutdown
