import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { prisma } from './database.js'

export async function migrate(): Promise<void> {
  await prisma.$executeRaw`CREATE TABLE city (id integer PRIMARY KEY, task integer NOT NULL, name text NOT NULL)`
}

export async function work(task: number): Promise<Work> {
  const { count } = await prisma.city.createMany({ data: citiesOf(task) })
  const own = () => prisma.city.findMany({ where: { task }, orderBy: { id: 'asc' } })
  const cities = await own()

  await prisma.$transaction(
    (transaction) => transaction.city.update({ where: { id: cities[0]!.id }, data: { name: 'renamed' } }),
    { isolationLevel: 'Serializable' },
  )
  const committed = (await own())[0]!.name

  await rollsBack(
    prisma.$transaction(async (transaction) => {
      await transaction.city.deleteMany({ where: { task } })
      throw new Rollback()
    }),
  )
  return {
    inserted: count,
    names: cities.map(({ name }) => name),
    committed,
    rolledBack: await prisma.city.count({ where: { task } }),
    failure: await failureOf(prisma.city.createMany({ data: citiesOf(task) })),
  }
}
