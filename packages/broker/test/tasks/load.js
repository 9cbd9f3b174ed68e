/** Tasks that use a connection for a moment, some of them longer than others. */
export async function works(number, { db }) {
  for (let query = 0; query <= number % 3; query++) {
    const { rows } = await db.query('SELECT $1::int AS number FROM generate_series(1, $2::int)', [
      number,
      query + 1,
    ])
    if (rows.length !== query + 1 || rows[0].number !== number) throw new Error('The answer to another')
  }
  return number
}

/** Never queries: leases nothing, and must not wait for those who do. */
export const computes = (number) => number
