import type { TaskContext } from '@pglease/client'

export const short = async (_: undefined, { db }: TaskContext) => void (await db.query('SELECT 1'))

/** Runs for as long as somebody else has the lock. */
export const long = async (_: undefined, { db }: TaskContext) =>
  void (await db.query('SELECT pg_advisory_lock(1912)'))
