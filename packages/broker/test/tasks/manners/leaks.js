/** Tasks that keep their lease for longer than they should. */
import { once } from 'node:events'

export const queries = async (text, { db }) => (await db.query(text)).rows

async function deepInside(db) {
  await db.query('SELECT 1')
}

export async function keepsItsLease(_input, { db, signal }) {
  await deepInside(db)
  if (!signal.aborted) await once(signal, 'abort')
}

/** Sees nothing of its lease until it may. */
export function queriesAndBlocks(cells, { db }) {
  const answer = db.query('SELECT pg_sleep(3600)')
  Atomics.wait(cells, 0, 0)
  return answer
}

/** Sees its grant, and then nothing until it may. */
export async function blocksInBetween(cells, { db }) {
  await db.query('BEGIN')
  Atomics.wait(cells, 0, 0)
  return db.query('SELECT 1')
}
