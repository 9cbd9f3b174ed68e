/** Uses the client class as libraries do that ask for one. */
import { Client } from '@pglease/client'
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

export async function holdsTwo() {
  const clients = [new Client(), new Client()]
  const processIds = await Promise.all(clients.map(processId))
  await Promise.all(clients.map((client) => client.end()))
  return new Set(processIds).size
}
