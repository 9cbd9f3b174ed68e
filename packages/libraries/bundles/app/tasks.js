import { Pool } from '@pglease/client'

export async function square(number, { db }) {
  const { rows } = await db.query('SELECT $1::int * $1::int AS square', [number])
  db.release()
  const { rows: same } = await new Pool().query('SELECT $1::int * $1::int AS square', [number])
  return [rows[0].square, same[0].square]
}
