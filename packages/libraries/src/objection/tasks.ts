import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { City } from './database.js'

export async function migrate(): Promise<void> {
  await City.knex().schema.createTable('city', (table) => {
    table.integer('id').primary()
    table.integer('task').notNullable()
    table.text('name').notNullable()
  })
}

export async function work(task: number): Promise<Work> {
  const inserted = await City.query().insert(citiesOf(task))
  const own = () => City.query().where({ task }).orderBy('id')
  const names = (await own()).map(({ name }) => name)

  await City.transaction(async (transaction) => {
    await City.query(transaction).patch({ name: 'renamed' }).where({ id: inserted[0]!.id })
  })
  const committed = (await own())[0]!.name

  await rollsBack(
    City.transaction(async (transaction) => {
      await City.query(transaction).delete().where({ task })
      throw new Rollback()
    }),
  )
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: await City.query().where({ task }).resultSize(),
    failure: await failureOf(City.query().insert(citiesOf(task))),
  }
}
