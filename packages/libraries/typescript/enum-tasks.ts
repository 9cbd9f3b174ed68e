import type { TaskContext } from '@pglease/client'

/** Node's own type stripping refuses what is more than types. */
enum Power {
  Square = 2,
  Cube = 3,
}

export async function cube(number: number, { db }: TaskContext): Promise<number> {
  const sql = 'SELECT power($1::int, $2::int)::int AS power'
  const { rows } = await db.query<{ power: number }>(sql, [number, Power.Cube])
  return rows[0]!.power
}
