/** Tasks of a program that is stopped. */
export const returns = () => 'done'

/** Waits for an advisory lock that the test holds. */
export async function waits(key, { db, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('running')
  await db.query('SELECT pg_advisory_lock($1)', [key])
  return 'done'
}

export async function computes(_input, { db, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('running')
  for (;;);
}
