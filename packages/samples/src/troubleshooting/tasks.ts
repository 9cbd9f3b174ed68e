import type { TaskContext } from '@pglease/client'

export const short = async (_: undefined, { db }: TaskContext) => void (await db.query('SELECT 1'))

export const long = async (_: undefined, { db }: TaskContext) => void (await db.query('SELECT pg_sleep(0.3)'))
