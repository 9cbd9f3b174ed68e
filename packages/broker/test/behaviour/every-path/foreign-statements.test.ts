import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending, nextMessage, untilQuiet } from '../../support/lending.js'
import { ways } from '../../tasks/foreign.js'

type Tasks = typeof import('../../tasks/steps.js') & typeof import('../../tasks/foreign.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const ADD = 'SELECT $1::int + 1 AS value'
const OTHER = 'SELECT -666 AS value, $1::int AS given'
const add = (value: number) => ({ text: ADD, values: [value] })

const executorOf = (broker: ConnectionBroker, file: string) =>
  lending.executor<Tasks>(broker, file, { minThreads: 1, maxThreads: 1 })

/** Two threads on one connection, on which the first one's statement lasts: how it is called, and how both are used. */
const start = lending.shared(() => {
  const broker = lending.broker({ max: 1, prepare: 'connection' })
  return { broker, innocent: executorOf(broker, 'steps.js'), hostile: executorOf(broker, 'foreign.js') }
})

async function keep(broker: ConnectionBroker, innocent: ReturnType<typeof executorOf>): Promise<string> {
  for (let time = 0; time < 2; time++) await innocent.run([add(0)] as never, { name: 'steps' })
  return broker.withConnection(async (client) => {
    const { rows } = await client.query('SELECT name FROM pg_prepared_statements WHERE statement = $1', [ADD])
    return rows[0].name
  })
}

describe.each(ways)('a statement that lasts stays what it is, whatever gets its name by %s', (way) => {
  test.each([
    ['', {}],
    [' in a pipeline', { pipeline: true }],
    [' behind another query', { isSecond: true }],
    [' behind another query in a pipeline', { isSecond: true, pipeline: true }],
  ])('%s', async (_, how) => {
    const { broker, innocent, hostile } = start()
    const name = await keep(broker, innocent)
    await hostile.run({ way, name, text: OTHER, ...how } as never, { name: 'prepares' })
    expect(await innocent.run([add(1), add(2)] as never, { name: 'steps' })).toEqual([
      [{ value: 2 }],
      [{ value: 3 }],
    ])
    await untilQuiet(broker)
  })
})

test('nor by the first query of a thread, which does not know yet whether statements last', async () => {
  const { broker, innocent } = start()
  const name = await keep(broker, innocent)
  const worker = lending.worker(broker, 'foreign-worker.js')
  worker.postMessage({ way: 'a query of that name', name, text: OTHER })
  await nextMessage(worker)
  expect(await innocent.run([add(1)] as never, { name: 'steps' })).toEqual([[{ value: 2 }]])
  await worker.terminate()
})

test('a user’s own names do not pile up where they are first sent in pipelines', async () => {
  const { broker, innocent } = start()
  const named = (name: string) => ({ name, text: ADD, values: [1] })
  for (const name of ['a', 'b', 'c']) {
    const queries = [named(name), named(name)]
    expect(await innocent.run(queries as never, { name: 'piped' })).toEqual([[{ value: 2 }], [{ value: 2 }]])
  }
  const { rows } = await broker.withConnection((client) =>
    client.query('SELECT count(*)::int AS count FROM pg_prepared_statements WHERE statement = $1', [ADD]),
  )
  expect(rows).toEqual([{ count: 1 }])
})

test('a COPY leaves what lasts', async () => {
  const { broker, innocent } = start()
  const name = await keep(broker, innocent)
  await broker.withConnection((client) => client.query('CREATE TABLE IF NOT EXISTS copied (id int)'))
  await keep(broker, innocent)
  const copies = executorOf(broker, 'copies.js')
  await copies.run(undefined, { name: 'copies' as never })
  const { rows } = await broker.withConnection((client) =>
    client.query('SELECT name FROM pg_prepared_statements WHERE statement = $1', [ADD]),
  )
  expect(rows).toEqual([{ name }])
  await copies.close()
})
