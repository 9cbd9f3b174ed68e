import type { TaskContext } from '@pglease/client'

export async function people(country: string, { db }: TaskContext) {
  const { rows } = await db.query('select sum(people)::int as sum from city where country = $1', [country])
  return rows[0].sum as number
}
