// #region tasks
// tasks.ts, before
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })

export async function people(country: string) {
  const { rows } = await pool.query('SELECT sum(people)::int AS people FROM city WHERE country = $1', [
    country,
  ])
  return rows[0].people
}
// #endregion tasks
