/** Tasks of a program that is stopped. */
import { once } from 'node:events'

export const returns = () => 'done'

/** Waits for an advisory lock that the test holds. */
export async function waits(key, { db, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('running')
  await db.query('SELECT pg_advisory_lock($1)', [key])
  return 'done'
}

/** Ends well when it is asked to. */
export async function obeys(_input, { db, signal, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('running')
  await once(signal, 'abort')
  reportProgress(`cleans up: ${signal.reason.code}`)
}

export async function computes(_input, { db, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('running')
  for (;;);
}
