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

test('clients, pools and a task context are told in few words, as JSON and on the console', async () => {
  const { executor } = start(4)
  const { before, within, after } = await executor.run(undefined, { name: 'tells' })
  expect(before.slice(0, 2)).toEqual([
    [
      '{"database":"replica","state":"unused"}',
      expect.stringMatching(/^LeasedClient \{ database: 'replica'/),
    ],
    ['{"database":"replica","max":3,"totalCount":0,"waitingCount":0}', expect.stringMatching(/^Pool \{/)],
  ])
  expect(before[3]![0]).toBe('{"database":"default","task":"tells","state":"unused"}')
  expect(within[4]![0]).toBe('{"database":"replica","state":"leasing"}')
  expect(after[4]![0]).toBe('{"database":"replica","state":"released"}')
  for (const [json, printed] of [...before, ...within, ...after]) {
    expect(json!.length).toBeLessThan(200)
    expect(printed!.length).toBeLessThan(500)
    expect(json! + printed!).not.toMatch(/password|secret/i)
  }
})
