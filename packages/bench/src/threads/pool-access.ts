import pg from 'pg'
import type { Access, AccessSpec, Connection } from './access.js'
import { PgConnection } from './pg-connection.js'

export function poolAccess({ address, max, pipelined, named }: AccessSpec & { kind: 'pool' }): Access {
  const pool = new pg.Pool({ ...address, max, idleTimeoutMillis: 0, pipeline: pipelined } as pg.PoolConfig)
  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      return await work(new PgConnection(client, named))
    } finally {
      client.release()
    }
  }
  return { forTask: withConnection, withConnection }
}
