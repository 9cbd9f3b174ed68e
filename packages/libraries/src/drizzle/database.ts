import type { TaskContext } from '@pglease/client'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'

export const city = pgTable('city', {
  id: integer().primaryKey(),
  task: integer().notNull(),
  name: text().notNull(),
})

/** On the task's own lease; `drizzle({ client: new Pool() })` has one for each query and each transaction. */
export const database = ({ db }: TaskContext) => drizzle({ client: db, schema: { city } })
