// #region worker
// worker.ts, before
import { parentPort, threadId } from 'node:worker_threads'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })

parentPort!.on('message', async (country: string) => {
  const { rows } = await pool.query('SELECT sum(people)::int AS people FROM city WHERE country = $1', [
    country,
  ])
  parentPort!.postMessage(rows[0].people)
})
// #endregion worker

if (threadId === 0) throw new Error('A thread is meant')
