import pg from 'pg'
import type { Address } from '../server/address.js'
import type { Access, Connection } from './access.js'
import { PgConnection } from './pg-connection.js'

export function connectAccess(address: Address): Access {
  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = new pg.Client(address as pg.ClientConfig)
    await client.connect()
    try {
      return await work(new PgConnection(client))
    } finally {
      await client.end()
    }
  }
  return { forTask: withConnection, withConnection }
}
