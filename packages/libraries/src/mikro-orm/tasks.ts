import { IsolationLevel } from '@mikro-orm/core'
import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { City, orm } from './database.js'

export async function migrate(): Promise<void> {
  await orm.em.execute(await orm.schema.getCreateSchemaSQL())
}

async function insert(task: number): Promise<City[]> {
  const em = orm.em.fork()
  const cities = citiesOf(task).map((city) => em.create(City, city))
  await em.persist(cities).flush()
  return cities
}

export async function work(task: number): Promise<Work> {
  const inserted = await insert(task)
  const own = () => orm.em.fork().find(City, { task }, { orderBy: { id: 'asc' } })
  const names = (await own()).map(({ name }) => name)

  await orm.em.fork().transactional(
    async (em) => {
      const first = await em.findOneOrFail(City, inserted[0]!.id)
      first.name = 'renamed'
    },
    { isolationLevel: IsolationLevel.SERIALIZABLE },
  )
  const committed = (await own())[0]!.name

  await rollsBack(
    orm.em.fork().transactional(async (em) => {
      await em.nativeDelete(City, { task })
      throw new Rollback()
    }),
  )
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: await orm.em.fork().count(City, { task }),
    failure: await failureOf(insert(task)),
  }
}
