import pg from 'pg'
import type { Address } from '../server/address.js'
import type { Access, Connection } from './access.js'
import { PgConnection } from './pg-connection.js'

export function poolAccess(address: Address, max: number, pipelined: boolean): Access {
  const pool = new pg.Pool({ ...address, max, idleTimeoutMillis: 0, pipeline: pipelined } as pg.PoolConfig)
  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      return await work(new PgConnection(client))
    } finally {
      client.release()
    }
  }
  return { forTask: withConnection, withConnection }
}
