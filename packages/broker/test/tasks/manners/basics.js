/** Small tasks of no meaning. */
import { setTimeout as sleep } from 'node:timers/promises'

export const echoes = (input) => input

export const processId = async (_input, { db }) =>
  (await db.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

/** Runs a statement and gives its first row. */
export const runs = async (text, { db }) => (await db.query(text)).rows[0]

/** Holds a lease until the caller aborts. */
export async function holds(_input, { db, signal, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('holds')
  while (!signal.aborted) await sleep(5)
}
