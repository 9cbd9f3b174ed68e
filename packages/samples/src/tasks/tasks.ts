// #region task
// tasks.ts
import type { TaskContext } from '@pglease/client'

export async function score({ country }: { country: string }, { withConnection }: TaskContext) {
  const { rows } = await withConnection((client) =>
    client.query<{ people: number }>('SELECT people FROM city WHERE country = $1', [country]),
  ) // no connection is held from here on
  const total = compute(rows.map((row) => row.people))
  await withConnection((client) =>
    client.query('INSERT INTO score VALUES ($1, $2) ON CONFLICT (country) DO UPDATE SET total = $2', [
      country,
      total,
    ]),
  )
  return total
}
// #endregion task

// #region not-found
export async function smallest({ country }: { country: string }, { db }: TaskContext) {
  const { rows } = await db.query('SELECT name FROM city WHERE country = $1 ORDER BY people LIMIT 1', [
    country,
  ])
  if (rows.length === 0) throw Object.assign(new Error(`No city of ${country}`), { country })
  return rows[0].name as string
}
// #endregion not-found

/** Stands for what takes long. */
const compute = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0)
