import { equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import http, { type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import express from 'express'
import fastifyOf from 'fastify'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
})
const isAdmin = (request: { headers: http.IncomingHttpHeaders }) =>
  request.headers.authorization === 'Bearer admin'
const app = express()
const fastify = fastifyOf({ forceCloseConnections: true })
const mustBeAdmin = (request: http.IncomingMessage, response: http.ServerResponse, next: () => void) =>
  isAdmin(request) ? next() : response.writeHead(401).end()

// #region express
import { createDashboard } from '@pglease/dashboard'

const dashboard = createDashboard(broker, executor) // no executor, or several in an array, will do as well
app.use('/pglease', mustBeAdmin, dashboard) // express
// #endregion express
// #region others
const served = createDashboard(broker, executor, { prefix: '/pglease' }) // where the server leaves the path as it is
const server = http.createServer((request, response) => {
  if (!isAdmin(request)) return response.writeHead(401).end()
  if (request.url?.startsWith('/pglease')) served(request, response)
  else response.writeHead(404).end()
})
const onlyAdmins = async (request: { headers: http.IncomingHttpHeaders }) => {
  if (!isAdmin(request)) throw Object.assign(new Error('Not for you'), { statusCode: 401 })
}
for (const url of ['/pglease', '/pglease/*']) {
  fastify.get(url, { onRequest: onlyAdmins }, (request, reply) => {
    reply.hijack() // fastify does nothing more with it
    served(request.raw, reply.raw)
  })
}
// #endregion others

const listening: Server = app.listen(0, '127.0.0.1')
server.listen(0, '127.0.0.1')
await Promise.all([once(listening, 'listening'), once(server, 'listening')])
await fastify.listen({ port: 0, host: '127.0.0.1' })
const headers = { authorization: 'Bearer admin', connection: 'close' }
for (const each of [listening, server, fastify.server]) {
  const { port } = each.address() as AddressInfo
  const page = await fetch(`http://127.0.0.1:${port}/pglease`, { headers })
  equal(new URL(page.url).pathname, '/pglease/')
  match(await page.text(), /<title>pglease/)
  const script = await fetch(new URL('page.js', page.url), { headers })
  match(script.headers.get('content-type') ?? '', /javascript/)
  await script.text()
  const events = await fetch(new URL('events', page.url), { headers })
  const { value } = await events.body!.getReader().read()
  match(new TextDecoder().decode(value), /^data: |"state":"open"/)
  equal((await fetch(page.url)).status, 401)
}

// #region close
dashboard.close() // before the server's own close, which waits for open responses
// #endregion close
served.close()
await fastify.close()
for (const each of [listening, server]) {
  each.close()
  each.closeAllConnections()
}
await executor.close()
await broker.close()
