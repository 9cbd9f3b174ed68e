import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const connectionString = process.env.DATABASE_URL
const warned: string[] = []
const log = { warn: ({ code }: { code: string }, _text: string) => warned.push(code) }
const opened: string[] = []
const breaker = {
  open: (name: string, _cause: unknown) => opened.push(name),
  close: (name: string) => opened.push(`not ${name}`),
}

// #region keep-alive
import { ConnectionBroker } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString, max: 8, min: 2, keepAliveMillis: 60_000 } },
})

// #endregion keep-alive

// #region health
import http from 'node:http'

const server = http.createServer(async (request, response) => {
  if (request.url === '/live') return response.end() // the process turns its event loop: that must not ask the database
  if (request.url !== '/ready') return response.writeHead(404).end()
  const health = await broker.healthcheck({ timeoutMillis: 1000 })
  response
    .writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json' })
    .end(JSON.stringify(health))
})
// #endregion health
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const ask = async (path: string) => {
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
  return [response.status, await response.text()] as const
}
equal((await ask('/live'))[0], 200)
equal((await ask('/ready'))[0], 200)

function listen(broker: ConnectionBroker) {
  // #region reach
  broker.on('warning', ({ code, message }) => log.warn({ code }, message)) // PGLEASE_UNREACHABLE, then PGLEASE_REACHABLE
  broker.on('unreachable', ({ database, cause }) => breaker.open(database, cause)) // the same, for programs
  broker.on('reachable', ({ database }) => breaker.close(database))
  // #endregion reach
}
listen(broker)
const away = new ConnectionBroker({
  databases: { default: { connectionString: 'postgres://nobody@127.0.0.1:1/none', unreachableMillis: 1 } },
})
listen(away)
await away
  .withConnection((client) => client.query('select 1'), { connectionTimeoutMillis: 2000 })
  .catch(() => {})
deepEqual(warned, ['PGLEASE_UNREACHABLE'])
deepEqual(opened, ['default'])
await away.close()

function failover(hosts: string) {
  // #region hosts
  const broker = new ConnectionBroker({
    databases: {
      default: { connectionString: `${hosts}?target_session_attrs=read-write`, max: 8 }, // the primary, wherever it is
      replica: { connectionString: `${hosts}?target_session_attrs=prefer-standby`, max: 8 },
    },
  })
  // #endregion hosts
  return broker
}
const both = failover(String(connectionString))
await both.withConnection((client) => client.query('select 1'), { database: 'replica' })
await both.close()

await broker.close()
deepEqual(JSON.parse((await ask('/ready'))[1]).reason, 'closing')
server.close()
server.closeAllConnections()
