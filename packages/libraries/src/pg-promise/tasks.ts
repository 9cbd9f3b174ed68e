import { type City, citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { database, pgPromise } from './database.js'

const { insert } = pgPromise.helpers
const insertCities = (task: number) => insert(citiesOf(task), ['id', 'task', 'name'], 'city')

export async function migrate(): Promise<void> {
  await database.none('CREATE TABLE city (id integer PRIMARY KEY, task integer NOT NULL, name text NOT NULL)')
}

export async function work(task: number): Promise<Work> {
  const inserted = await database.many<City>(`${insertCities(task)} RETURNING *`)
  const own = () => database.many<City>('SELECT * FROM city WHERE task = $1 ORDER BY id', [task])
  const names = (await own()).map(({ name }) => name)

  const { isolationLevel, TransactionMode } = pgPromise.txMode
  const mode = new TransactionMode({ tiLevel: isolationLevel.serializable })
  await database.tx({ mode }, (transaction) =>
    transaction.none('UPDATE city SET name = $1 WHERE id = $2', ['renamed', inserted[0]!.id]),
  )
  const committed = (await own())[0]!.name

  await rollsBack(
    database.tx(async (transaction) => {
      await transaction.none('DELETE FROM city WHERE task = $1', task)
      throw new Rollback()
    }),
  )
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: (await own()).length,
    failure: await failureOf(database.none(insertCities(task))),
  }
}
