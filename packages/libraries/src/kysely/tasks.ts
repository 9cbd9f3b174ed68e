import { type Kysely, Migrator, sql } from 'kysely'
import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { kysely } from './database.js'

const createCity = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('city')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('task', 'integer', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .execute()
  },
}

export async function migrate(): Promise<void> {
  const provider = { getMigrations: async () => ({ createCity }) }
  const { error } = await new Migrator({ db: kysely, provider }).migrateToLatest()
  if (error !== undefined) throw error
}

export async function work(task: number): Promise<Work> {
  const inserted = await kysely.insertInto('city').values(citiesOf(task)).returning('id').execute()
  const own = () => kysely.selectFrom('city').selectAll().where('task', '=', task).orderBy('id')
  const names = (await own().execute()).map(({ name }) => name)

  await kysely
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (transaction) => {
      await sql`SELECT 1`.execute(transaction)
      await transaction
        .updateTable('city')
        .set({ name: 'renamed' })
        .where('id', '=', inserted[0]!.id)
        .execute()
    })
  const committed = (await own().executeTakeFirstOrThrow()).name

  await rollsBack(
    kysely.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('city').where('task', '=', task).execute()
      throw new Rollback()
    }),
  )

  let streamed = 0
  for await (const _ of own().stream(2)) streamed++
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: (await own().execute()).length,
    failure: await failureOf(kysely.insertInto('city').values(citiesOf(task)).execute()),
    streamed,
  }
}
