import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from './database.js'
import { failOnLeaks } from './leaks.js'
import { TcpProxy } from './proxy.js'
import { until } from './until.js'

const database = await createTestDatabase()
failOnLeaks(database)

let proxy: TcpProxy
let client: pg.Client

beforeEach(async () => {
  proxy = await TcpProxy.start(database.connectionString)
  client = new pg.Client({ connectionString: proxy.connectionString })
  client.on('error', () => {})
  await client.connect()
})
afterEach(() => proxy.close())

const select = async (value: number) =>
  (await client.query('SELECT $1::int AS value', [value])).rows[0]?.value

test('lets everything pass at first, the end included', async () => {
  expect(await select(1)).toBe(1)
  expect([proxy.connections, proxy.accepted]).toEqual([1, 1])
  await client.end()
  await until(async () => (await database.serverConnections()) === 0, 'for the server to see the end')
  await until(() => proxy.connections === 0, 'for the proxy to see the end')
})

test('passes on a server that ends the connection', async () => {
  await database.terminateConnections()
  await until(() => proxy.connections === 0, 'for the proxy to see the end')
  await expect(select(1)).rejects.toThrow()
})

test('holds back what the client says until it may pass', async () => {
  proxy.hold('toServer')
  const answer = select(2)
  await until(() => proxy.waiting === 1, 'for the query to wait')
  proxy.pass()
  expect(await answer).toBe(2)
})

test('holds back what the server says until it may pass', async () => {
  proxy.hold('toClient')
  const answer = select(3)
  await until(() => proxy.waiting === 1, 'for the answer to wait')
  proxy.pass()
  expect(await answer).toBe(3)
})

test('loses bytes and ends without a word to either side', async () => {
  proxy.swallow()
  client.query('SELECT 4').catch(() => {})
  ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  await select(4).catch(() => {})
  expect(proxy.connections).toBe(1)
  expect(await database.serverConnections()).toBe(1)
})

test('breaks connections so that both sides notice', async () => {
  const ended = new Promise((resolve) => client.once('error', resolve))
  proxy.cut()
  expect(await ended).toMatchObject({ code: 'ECONNRESET' })
  await until(async () => (await database.serverConnections()) === 0, 'for the server to notice')
})

test('refuses new connections but keeps the old, until it accepts again', async () => {
  proxy.refuse()
  const other = () => new pg.Client({ connectionString: proxy.connectionString })
  await expect(other().connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(await select(5)).toBe(5)
  await proxy.accept()
  const late = other()
  await late.connect()
  await late.end()
  expect(proxy.accepted).toBe(2)
})
