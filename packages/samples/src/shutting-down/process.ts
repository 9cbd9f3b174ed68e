import { once } from 'node:events'

// #region shutdown
import { createServer } from 'node:http'
import { ConnectionBroker, installShutdown, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 4 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
})
const server = createServer(async (_request, response) => {
  if (!server.listening) response.setHeader('connection', 'close') // who asks again is not to ask here
  try {
    response.end(String(await executor.run(4, { name: 'double' })))
  } catch (error) {
    console.error(error) // a rejection that nobody handles would end the process
    response.writeHead(503).end()
  }
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1')

installShutdown({
  broker,
  executor,
  beforeClose: () => new Promise((resolve) => server.close(resolve)), // no new requests
})
// #endregion shutdown

await once(server, 'listening')
process.kill(process.pid, 'SIGTERM')
