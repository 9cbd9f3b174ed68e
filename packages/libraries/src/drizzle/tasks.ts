import { fileURLToPath } from 'node:url'
import { Pool, type TaskContext } from '@pglease/client'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as migrateAll } from 'drizzle-orm/node-postgres/migrator'
import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { city, database } from './database.js'

export async function migrate(_input: undefined, context: TaskContext): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL('../../fixtures/drizzle', import.meta.url))
  await migrateAll(database(context), { migrationsFolder })
}

export const work = (task: number, context: TaskContext): Promise<Work> => workOn(database(context), task)

export const workOnPool = (task: number): Promise<Work> =>
  workOn(drizzle({ client: new Pool(), schema: { city } }), task)

async function workOn(db: Omit<ReturnType<typeof database>, '$client'>, task: number): Promise<Work> {
  const inserted = await db.insert(city).values(citiesOf(task)).returning({ id: city.id })
  const own = () => db.query.city.findMany({ where: eq(city.task, task), orderBy: city.id })
  const names = (await own()).map(({ name }) => name)

  await db.transaction(
    async (transaction) => {
      await transaction.update(city).set({ name: 'renamed' }).where(eq(city.id, inserted[0]!.id))
    },
    { isolationLevel: 'serializable' },
  )
  const prepared = db.select().from(city).where(eq(city.id, inserted[0]!.id)).prepare('by_id')
  const committed = (await prepared.execute())[0]!.name

  await rollsBack(
    db.transaction(async (transaction) => {
      await transaction.delete(city).where(eq(city.task, task))
      throw new Rollback()
    }),
  )
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: (await own()).length,
    failure: await failureOf(db.insert(city).values(citiesOf(task))),
  }
}
