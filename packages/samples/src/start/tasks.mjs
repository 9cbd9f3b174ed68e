// tasks.mjs: runs in worker threads
export async function square({ number }, { db }) {
  const { rows } = await db.query('select $1::int * $1::int as square', [number]) // a connection is leased here
  return rows[0].square
} // and given back here
