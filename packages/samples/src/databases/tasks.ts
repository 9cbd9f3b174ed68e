import type { TaskContext } from '@pglease/client'

// #region report
export async function report(country: string, { db, database }: TaskContext) {
  const replica = database('replica', { isolationLevel: 'repeatable read', readOnly: true })
  const { rows } = await replica.query('SELECT sum(people)::int AS total FROM city WHERE country = $1', [
    country,
  ])
  replica.release() // or leave it to the end of the task
  const total = rows[0].total as number
  await db.query('INSERT INTO score VALUES ($1, $2) ON CONFLICT (country) DO UPDATE SET total = $2', [
    country,
    total,
  ])
  return total
}
// #endregion report
