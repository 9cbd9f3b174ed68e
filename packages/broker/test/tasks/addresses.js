/** Tells what clients and pools say of the server, in a task or, of a plain thread, in answer to a message. */
import { parentPort, workerData } from 'node:worker_threads'
import { Client, Pool, withConnection } from '@pglease/client'

const FIELDS = ['host', 'port', 'user', 'database']

const ofEach = (from) => Object.fromEntries(FIELDS.map((name) => [name, from[name]]))

export const ofClient = (client) => ({
  itself: ofEach(client),
  parameters: ofEach(client.connectionParameters),
  isDomainSocket: client.connectionParameters.isDomainSocket,
  passwords: [client.password, client.connectionParameters.password],
})

export async function ofPool(pool) {
  const client = await pool.connect()
  client.release()
  return { options: ofEach(pool.options), copied: ofEach({ ...pool.options }), client: ofClient(client) }
}

const before = new Pool()

export async function tellsAll(name, context) {
  const client = new Client({ database: name })
  const clients = [context.database(name), client]
  const told = clients.map(ofClient)
  await clients[0].query('SELECT 1')
  told.push(ofClient(clients[0]))
  told.push(await context.withConnection(ofClient, { database: name }))
  const pools = [context.pool({ database: name }), new Pool({ database: name })]
  if (name === 'default') pools.push(before)
  return { clients: told, pools: await Promise.all(pools.map(ofPool)) }
}

/** The versions that a client hears of, and what it has heard by its first answer. */
async function heardBy(client) {
  const heard = []
  client.connection.on('parameterStatus', (message) => heard.push(message))
  const { rows } = await client.query('SHOW server_version')
  await client.query('SELECT 1')
  return { heard, version: rows[0].server_version }
}

/** One lease after another: the thread may keep the connection's socket between them. */
export async function hearsVersion(_input, { withConnection }) {
  return [await withConnection(heardBy), await withConnection(heardBy), await withConnection(heardBy)]
}

/** A listener that throws is the thread's own fault, and harms no lease. */
export async function throwsWhenTold(_input, { db }) {
  const caught = new Promise((resolve) => process.once('uncaughtException', resolve))
  db.connection.on('parameterStatus', () => {
    throw new Error('of the listener')
  })
  const { rows } = await db.query('SELECT 1 AS one')
  return { rows, message: (await caught).message }
}

if (workerData?.isPlain) {
  const early = new Client()
  const first = ofClient(early)
  await early.query('SELECT 1')
  const later = ofClient(early)
  await early.end()
  parentPort.postMessage({ first, later, next: await withConnection(ofClient), pool: await ofPool(before) })
}
