/** Runs a task, and stops by a signal: tells its parent of the steps. */
import { ConnectionBroker, installShutdown, SharedPoolExecutor } from '@pglease/broker'

const { database, options, task, input, fails } = JSON.parse(process.argv[2])
const tell = (step, more) => process.send({ step, ...more })
const broker = new ConnectionBroker({ databases: { default: { max: 2, min: 1, ...database } } })
const executor = new SharedPoolExecutor(broker, {
  filename: new URL('../tasks/stops.js', import.meta.url).href,
  maxThreads: 1,
})
// Keeps the process alive, as a server does.
const server = setInterval(() => {}, 1000)
const { signal } = installShutdown({
  broker,
  executor,
  ...options,
  async beforeClose() {
    tell('before close', { taken: (await executor.run(undefined, { name: 'returns' })) === 'done' })
    clearInterval(server)
    if (fails) throw new Error('no server')
  },
})
signal.addEventListener('abort', () => tell('no new work'))
process.on('message', async (message) => {
  if (message === 'health') tell('health', await broker.healthcheck({ timeoutMillis: 20_000 }))
})
await broker.ready()
const running = task === undefined ? undefined : executor.run(input, { name: task, onProgress: tell })
running?.then(
  (result) => tell('task', { result }),
  (error) => tell('task', { error: error.code }),
)
if (task === undefined) tell('running')
