// #region worker
// worker.ts, after
import { parentPort } from 'node:worker_threads'
import { Pool } from '@pglease/client'

const pool = new Pool()

parentPort!.on('message', async (country: string) => {
  const { rows } = await pool.query('SELECT sum(people)::int AS people FROM city WHERE country = $1', [
    country,
  ])
  parentPort!.postMessage(rows[0].people)
})
// #endregion worker
