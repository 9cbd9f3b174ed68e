import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const lending = new Lending(await createTestDatabase())

/** What `DISCARD ALL` does, but for the statements. */
const ALL_BUT_STATEMENTS = `CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *;
  SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`

const add = (value: number) => ({ name: 'statement', text: 'SELECT $1::int + 1 AS value', values: [value] })
const twice = (value: number) => ({ name: 'statement', text: 'SELECT 2 * $1::int AS value', values: [value] })

describe('a query of a name that a lease before has used is a new one', () => {
  test.each([
    ['that discards them', undefined],
    ['that leaves them', 'RESET ALL'],
    ['of many statements that leaves them', ALL_BUT_STATEMENTS],
    ['that resets nothing', ''],
  ])('with a reset %s', async (_which, resetQuery) => {
    const broker = lending.broker({ max: 1, ...(resetQuery === undefined ? {} : { resetQuery }) })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
    const run = (query: object) => executor.run(query as never, { name: 'runs' })
    expect(await run(add(1))).toEqual({ value: 2 })
    expect(await run(add(2))).toEqual({ value: 3 })
    expect(await run(twice(4))).toEqual({ value: 8 })
    const pipelined = await broker.withConnection(
      async (client) => {
        const values = [add(5), add(6)].map(async (query) => (await client.query(query)).rows[0].value)
        return Promise.all(values)
      },
      { pipeline: true },
    )
    expect(pipelined).toEqual([6, 7])
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1 })
  })
})

test('a statement that the hook has prepared is there for every lease, where the reset leaves it', async () => {
  const broker = lending.broker({
    max: 1,
    resetQuery: 'RESET ALL',
    onConnect: (client) => client.query('PREPARE of_the_hook (int) AS SELECT $1 + 100 AS value'),
  })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  for (const value of [1, 2]) {
    await executor.run(add(value) as never, { name: 'runs' })
    const row = await executor.run(`EXECUTE of_the_hook (${value})`, { name: 'runs' })
    expect(row).toEqual({ value: value + 100 })
  }
})
