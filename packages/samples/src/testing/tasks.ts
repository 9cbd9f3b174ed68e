import type { TaskContext } from '@pglease/client'

// #region task
// tasks.ts
export async function addCity({ country, name }: { country: string; name: string }, { db }: TaskContext) {
  await db.query('INSERT INTO city (country, name, people) VALUES ($1, $2, 0)', [country, name])
  const { rows } = await db.query('SELECT count(*)::int AS count FROM city WHERE country = $1', [country])
  return rows[0].count as number
}
// #endregion task

export function addCityInTransaction(country: string, { withTransaction }: TaskContext): Promise<number> {
  const insert = "INSERT INTO city (country, name, people) VALUES ($1, 'Mdina', 0)"
  return withTransaction(async (client) => (await client.query(insert, [country])).rowCount!, {
    isolationLevel: 'serializable',
  })
}

export async function countCities(country: string, { db }: TaskContext): Promise<number> {
  const { rows } = await db.query('SELECT count(*)::int AS count FROM city WHERE country = $1', [country])
  return rows[0].count
}
