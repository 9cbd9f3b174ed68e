// server.js
import http from 'node:http'
import { ConnectionBroker, installShutdown, SharedPoolExecutor } from '@pglease/broker'

const { DATABASE_URL, PORT = '8080', MAX = '4', MAX_THREADS = '2', DELAY_MILLIS = '4000' } = process.env

const broker = new ConnectionBroker({
  databases: { default: { connectionString: DATABASE_URL, max: Number(MAX) } },
})
broker.on('warning', ({ code, message }) => console.warn(code, message))
const pool = broker.pool() // for what is queried without a thread
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: Number(MAX_THREADS),
  maxQueue: 1000, // more wait for a thread: 503
})

const server = http.createServer(async (request, response) => {
  const send = (status: number, body: unknown) => {
    if (!server.listening) response.setHeader('connection', 'close') // who asks again is not to ask here
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort()) // the client has its answer, or waits for it no longer
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
  const country = searchParams.get('country')
  try {
    if (pathname === '/live') {
      send(200, {}) // the process turns its event loop: that must not ask the database
    } else if (pathname === '/ready') {
      const health = await broker.healthcheck()
      send(health.ok ? 200 : 503, health)
    } else if (pathname === '/countries') {
      const { rows } = await pool.query('SELECT DISTINCT country FROM city ORDER BY 1')
      send(200, rows)
    } else if (pathname === '/people' && country !== null) {
      send(200, await executor.run(country, { name: 'people', timeoutMillis: 5000, signal: gone.signal }))
    } else {
      send(404, {})
    }
  } catch (error) {
    if (gone.signal.aborted) return // nobody hears of it
    console.error(error)
    send(statusOf(error), {})
  }
})
server.listen(Number(PORT), () => console.log('listening', server.address()))

installShutdown({
  broker,
  executor,
  delayMillis: Number(DELAY_MILLIS), // requests still come for a while: twice the period of the readiness probe
  timeoutMillis: 20_000,
  beforeClose: () => new Promise((resolve) => server.close(resolve)),
})

/** 503: another time. 504: it took too long. 500: it is our fault, or the query's. */
function statusOf(error: unknown): number {
  switch ((error as { code?: unknown }).code) {
    case 'PGLEASE_QUEUE_FULL':
    case 'PGLEASE_LEASE_TIMEOUT':
    case 'PGLEASE_EXECUTOR_CLOSED':
    case 'PGLEASE_BROKER_CLOSED':
      return 503
    case 'PGLEASE_TASK_TIMEOUT':
      return 504
    default:
      return 500
  }
}
