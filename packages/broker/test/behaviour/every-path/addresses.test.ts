import { Pool } from '@pglease/client'
import { describe, expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, nextMessage } from '../../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type Tasks = typeof import('../../tasks/addresses.js')

const server = new URL(database.connectionString)
const password = decodeURIComponent(server.password)
const ADDRESS = {
  host: server.hostname,
  port: Number(server.port),
  user: server.username,
  database: database.name,
}
/** The same server by another name, and with a password that is asked for at each connect. */
const OTHER = { ...ADDRESS, host: inject('overTls') ? ADDRESS.host : '127.0.0.1' }
const NOWHERE = { host: 'lease', port: 1, user: 'lease', database: 'lease' }

function start() {
  const other = { ...OTHER, connectionString: undefined as never, password: () => password }
  return lending.broker({ max: 4 }, { other })
}

const clientAt = (address: object) => ({
  itself: address,
  parameters: address,
  isDomainSocket: false,
  passwords: ['none', 'none'],
})
const poolAt = (address: object) => ({ options: address, copied: address, client: clientAt(address) })

test.each([
  ['default', ADDRESS],
  ['other', OTHER],
])('clients and pools of a task say where the server of "%s" is', async (name, address) => {
  const executor = lending.executor<Tasks>(start(), 'addresses.js')
  const { clients, pools } = await executor.run(name, { name: 'tellsAll' })
  expect(clients).toEqual(Array(4).fill(clientAt(address)))
  for (const pool of pools) expect(pool).toEqual(poolAt(address))
})

test('a thread knows it once the broker has answered, and a client made before from its lease on', async () => {
  const worker = lending.worker(start(), 'addresses.js', { workerData: { isPlain: true } })
  expect(await nextMessage(worker)).toEqual({
    first: clientAt(NOWHERE),
    later: clientAt(ADDRESS),
    next: clientAt(ADDRESS),
    pool: poolAt(ADDRESS),
  })
})

test('the main thread knows it from the start', async () => {
  const broker = start()
  const pool = broker.pool({ database: 'other' })
  expect(pool.options).toMatchObject(OTHER)
  const client = await pool.connect()
  expect(client).toMatchObject(OTHER)
  client.release()
  await broker.withConnection((client) => {
    expect(client).toMatchObject(ADDRESS)
    expect(client).toMatchObject({ connectionParameters: ADDRESS })
  })
})

test('a pool that has no broker knows no address', () => {
  const { host, port, user, database } = new Pool({ database: 'other' }).options
  expect([host, port, user, database]).toEqual(Array(4).fill(undefined))
})

describe('a library that listens hears of the server’s version with the lease', () => {
  const { heard, version } = {
    heard: [
      {
        name: 'parameterStatus',
        length: expect.any(Number),
        parameterName: 'server_version',
        parameterValue: expect.stringMatching(/^\d+/),
      },
    ],
    version: expect.any(String),
  }

  test('in a thread, of each lease once', async () => {
    const executor = lending.executor<Tasks>(start(), 'addresses.js')
    const all = await executor.run(undefined, { name: 'hearsVersion' })
    expect(all).toEqual(Array(3).fill({ heard, version }))
    for (const each of all) expect(each.heard[0].parameterValue).toBe(each.version)
  })

  test('on the main thread', async () => {
    const heard: { parameterValue: string }[] = []
    const version = await start().withConnection(async (client) => {
      const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
      connection.on('parameterStatus', (message) => heard.push(message))
      return (await client.query('SHOW server_version')).rows[0].server_version
    })
    expect(heard.map(({ parameterValue }) => parameterValue)).toEqual([version])
  })

  test('and what it throws then harms no lease', async () => {
    const executor = lending.executor<Tasks>(start(), 'addresses.js')
    expect(await executor.run(undefined, { name: 'throwsWhenTold' })).toEqual({
      rows: [{ one: 1 }],
      message: 'of the listener',
    })
  })
})
