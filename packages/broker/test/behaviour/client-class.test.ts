import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type Tasks = typeof import('../tasks/pg/client-class.js')

function start(max: number) {
  const broker = lending.broker({ max }, { replica: { max } })
  return { broker, executor: lending.executor<Tasks>(broker, 'pg/client-class.js') }
}

test('a client of the class leases with its first query, and its end gives the connection back', async () => {
  const { broker, executor } = start(1)
  const used = { rows: [{ one: 1 }], isPgClient: true, isOver: true }
  expect(await executor.run(undefined, { name: 'connectsAndEnds' })).toEqual(used)
  expect(await executor.run(undefined, { name: 'connectsAndEnds' })).toEqual(used)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ leases: 2, opened: 1 })
})

test('a subclass chooses the database and the options of its leases', async () => {
  const { broker, executor } = start(1)
  expect(await executor.run(undefined, { name: 'usesSubclass' })).toBe('on')
  expect(broker.stats()).toMatchObject({ default: { leases: 0 }, replica: { leases: 1 } })
})

test('two clients of the class are two leases', async () => {
  const { executor } = start(2)
  expect(await executor.run(undefined, { name: 'holdsTwo' })).toBe(2)
})
