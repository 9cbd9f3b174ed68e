/** Stands still with a lease until it may go on. */
export async function holds(memory, { db, reportProgress }) {
  await db.query('SELECT 1')
  reportProgress('here')
  Atomics.wait(new Int32Array(memory), 0, 0)
}

export const queries = (count, { db }) => db.query(`SELECT repeat('x', ${Number(count)})`).then(() => {})

export const fails = () => {
  throw new RangeError('Not today')
}
