/** Uses the client class as libraries do that ask for one. */
import { inspect } from 'node:util'
import { Client, Pool } from '@pglease/client'
import pg from 'pg'

const processId = async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

export async function connectsAndEnds() {
  const client = new Client()
  await client.connect()
  const { rows } = await client.query('SELECT 1 AS one')
  await client.end()
  return { rows, isPgClient: client instanceof pg.Client, isOver: client.isOver }
}

/** A library makes its clients without an argument, or with one of its own: a subclass says which database it is. */
export async function usesSubclass() {
  class Replica extends Client {
    constructor() {
      super({ database: 'replica', readOnly: true })
    }
  }
  const client = new Replica()
  const { rows } = await client.query('SHOW transaction_read_only')
  await client.end()
  return rows[0].transaction_read_only
}

/** What is told of each, before, within and after its lease. */
export async function tells(_input, context) {
  const pool = new Pool({ database: 'replica', max: 3 })
  const client = new Client({ database: 'replica' })
  const told = [client, pool, context, context.db]
  const texts = () => told.map((each) => [JSON.stringify(each), inspect(each, { depth: 9 })])
  const before = texts()
  await client.query('SELECT 1')
  const pooled = await pool.connect()
  told.push(pooled)
  await pooled.query('SELECT 1')
  const within = texts()
  pooled.release()
  client.release()
  const after = texts()
  await pool.end()
  return { before, within, after }
}

export async function holdsTwo() {
  const clients = [new Client(), new Client()]
  const processIds = await Promise.all(clients.map(processId))
  await Promise.all(clients.map((client) => client.end()))
  return new Set(processIds).size
}
