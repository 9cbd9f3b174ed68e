import type { TaskContext } from '@pglease/client'

// #region people
// tasks.js
export async function people(country: string, { db }: TaskContext): Promise<number> {
  const { rows } = await db.query('SELECT sum(people)::int AS sum FROM city WHERE country = $1', [country])
  return rows[0].sum
}
// #endregion people
