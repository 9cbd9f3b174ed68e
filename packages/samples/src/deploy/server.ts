// server.js
import http from 'node:http'
import { ConnectionBroker, installShutdown, SharedPoolExecutor } from '@pglease/broker'

const { DATABASE_URL, PORT = '8080', MAX = '4', MAX_THREADS = '2', DELAY_MILLIS = '4000' } = process.env

const broker = new ConnectionBroker({
  databases: { default: { connectionString: DATABASE_URL, max: Number(MAX) } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: Number(MAX_THREADS),
  maxQueue: 1000,
})

const server = http.createServer(async (request, response) => {
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
  if (pathname === '/live') return send(200, {}) // the process turns its event loop: that must not ask the database
  if (pathname === '/ready') {
    const health = await broker.healthcheck()
    return send(health.ok ? 200 : 503, health)
  }
  if (pathname !== '/people') return send(404, {})
  try {
    send(200, await executor.run(searchParams.get('country')!, { name: 'people', timeoutMillis: 5000 }))
  } catch (error) {
    console.error(error)
    send(503, {})
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
