// #region drizzle
import { desc, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'

const city = pgTable('city', {
  id: integer().primaryKey(),
  country: text().notNull(),
  name: text().notNull(),
  people: integer().notNull(),
})

export async function largest(country, { db }) {
  const orm = drizzle({ client: db }) // on the task's own lease
  return orm.select().from(city).where(eq(city.country, country)).orderBy(desc(city.people)).limit(2)
}

// #endregion drizzle

// #region kysely
import { Pool } from '@pglease/client'
import { Kysely, PostgresDialect } from 'kysely'

const kysely = new Kysely({ dialect: new PostgresDialect({ pool: new Pool() }) }) // made once for the thread

export function renamed(country) {
  return kysely.transaction().execute(async (transaction) => {
    await transaction.updateTable('city').set({ country }).where('country', '=', country).execute()
    return transaction.selectFrom('city').selectAll().where('country', '=', country).execute()
  })
}
// #endregion kysely
