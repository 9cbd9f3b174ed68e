import type { TaskContext } from '@pglease/client'

interface Input {
  number: number
}

export async function square({ number }: Input, { db }: TaskContext): Promise<number> {
  const { rows } = await db.query<{ square: number }>('SELECT $1::int * $1::int AS square', [number])
  return rows[0]!.square
}
