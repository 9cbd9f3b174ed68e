import type { TaskContext } from '@pglease/client'

export async function square({ number }: { number: number }, { db }: TaskContext) {
  const { rows } = await db.query('select $1::int * $1::int as square', [number]) // a connection is leased here
  return rows[0].square as number
} // and given back here
