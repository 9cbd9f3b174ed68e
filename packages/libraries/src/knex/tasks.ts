import type { Knex } from 'knex'
import { type City, citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { knex } from './database.js'

const createCity = {
  async up(schema: Knex): Promise<void> {
    await schema.schema.createTable('city', (table) => {
      table.integer('id').primary()
      table.integer('task').notNullable()
      table.text('name').notNullable()
    })
  },
  async down() {},
}

const migrationSource: Knex.MigrationSource<typeof createCity> = {
  getMigrations: async () => [createCity],
  getMigrationName: () => 'createCity',
  getMigration: async (migration) => migration,
}

export async function migrate(): Promise<void> {
  await knex.migrate.latest({ migrationSource })
}

export async function work(task: number): Promise<Work> {
  const cities = () => knex<City>('city')
  const inserted = await cities().insert(citiesOf(task)).returning('id')
  const own = () => cities().where({ task }).orderBy('id')
  const names = (await own()).map(({ name }) => name)

  await knex.transaction(
    (transaction) => transaction<City>('city').where({ id: inserted[0]!.id }).update({ name: 'renamed' }),
    { isolationLevel: 'serializable' },
  )
  const committed = (await own())[0]!.name

  await rollsBack(
    knex.transaction(async (transaction) => {
      await transaction('city').where({ task }).delete()
      throw new Rollback()
    }),
  )

  let streamed = 0
  for await (const _ of own().stream({ batchSize: 2 })) streamed++
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: (await own()).length,
    failure: await failureOf(cities().insert(citiesOf(task))),
    streamed,
  }
}
