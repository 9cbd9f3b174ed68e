/** Small tasks of no meaning. */
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

export const echoes = (input) => input

export const thread = () => threadId

export const processId = async (_input, { db }) =>
  (await db.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

export const processIdOf = async (name, { database }) =>
  (await database(name).query('SELECT pg_backend_pid() AS pid')).rows[0].pid

export async function processIdsOf(names, context) {
  const pids = []
  for (const name of names) pids.push(await processIdOf(name, context))
  return pids
}

/** All that one statement brings. */
export const rowsOf = async (text, { db }) => (await db.query(text)).rows

/** Runs statements and gives the first row of the last. */
export const runs = async (text, { db }) => [await db.query(text)].flat().at(-1).rows[0]

/** The texts that the server keeps for this task, which sends this one three times. */
export async function keeps(text, { db }) {
  for (const value of [1, 2, 3]) await db.query(text, [value])
  const { rows } = await db.query('SELECT statement FROM pg_prepared_statements')
  return rows.map(({ statement }) => statement)
}

/** The same by another name. */
export const runsNext = (text, context) => runs(text, context)

/** Holds a lease until the caller aborts. */
export async function holds(_input, { db, signal, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('holds')
  while (!signal.aborted) await sleep(5)
}

/** Computes behind a statement until the caller aborts, and never returns to its event loop. */
export async function computesBehind(text, { db, throwIfAborted, reportProgress }) {
  await db.query(text)
  reportProgress('computes')
  for (;;) throwIfAborted()
}
