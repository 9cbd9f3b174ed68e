// #region worker
// worker.ts
import { parentPort } from 'node:worker_threads'
import { leased, withConnection } from '@pglease/client'

const cities = await withConnection(async (client) => {
  const { rows } = await client.query('SELECT count(*)::int AS count FROM city')
  return rows[0].count as number
})

/** Leases a connection at each call, and gives it back. */
const largest = leased(async (client, country: string) => {
  const { rows } = await client.query('SELECT name FROM city WHERE country = $1 ORDER BY people DESC', [
    country,
  ])
  return rows[0].name as string
})

parentPort!.postMessage({ cities, largest: await largest('Norway') })

// #endregion worker

// #region pool
import { Pool } from '@pglease/client'

const pool = new Pool({ max: 2 }) // this thread holds at most two at a time
await pool.query('SELECT 1') // a lease for one query

const client = await pool.connect() // a lease until release()
try {
  await client.query('SELECT 1')
} finally {
  client.release()
}
// #endregion pool
