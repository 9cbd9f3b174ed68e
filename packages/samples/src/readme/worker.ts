// #region worker
import { leased, Pool, withConnection } from '@pglease/client'

await withConnection(async (client) => client.query('select 1'), { database: 'replica' })
const count = leased(async (client, table: string) =>
  client.query(`select count(*) from ${client.escapeIdentifier(table)}`),
)
const pool = new Pool({ database: 'replica' }) // a pg.Pool, for libraries that take one
// #endregion worker
await count('city')
await pool.query('select 1')
