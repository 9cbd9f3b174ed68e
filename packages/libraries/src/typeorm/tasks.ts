import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { City, source } from './database.js'

await source.initialize()

export const migrate = (): Promise<void> => source.synchronize()

export async function work(task: number): Promise<Work> {
  const cities = source.getRepository(City)
  const inserted = await cities.save(citiesOf(task))
  const own = () => cities.find({ where: { task }, order: { id: 'ASC' } })
  const names = (await own()).map(({ name }) => name)

  await source.transaction('SERIALIZABLE', async (transaction) => {
    const first = await transaction.findOneByOrFail(City, { id: inserted[0]!.id })
    first.name = 'renamed'
    await transaction.save(City, first)
  })
  const committed = (await own())[0]!.name

  await rollsBack(
    source.transaction(async (transaction) => {
      await transaction.delete(City, { task })
      throw new Rollback()
    }),
  )

  let streamed = 0
  const runner = source.createQueryRunner()
  try {
    const rows = await cities.createQueryBuilder('city', runner).where('task = :task', { task }).stream()
    for await (const _ of rows) streamed++
  } finally {
    await runner.release()
  }
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: await cities.countBy({ task }),
    failure: await failureOf(cities.insert(citiesOf(task))),
    streamed,
  }
}
