import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type Names = Record<string, (queries: unknown[]) => Promise<string[]>>

/** What the server shows of each query of a task, on a database that names tasks and on one that does not. */
const start = lending.shared(() => {
  const broker = lending.broker({ max: 1, nameTasks: true }, { plain: { max: 1 } })
  const executor = lending.executor<Names>(broker, 'named.js')
  return { run: (name: string, queries: unknown[]) => executor.run(queries, { name }) }
})

const LOOK = 'SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()'
const TASK = "/*task='shows'*/"

describe('a query of a task whose name the server is told of ends in a comment', () => {
  test.each([
    ['a text', LOOK, `${LOOK} ${TASK}`],
    ['one with parameters', { text: `${LOOK} AND 1 = $1`, values: [1] }, `${LOOK} AND 1 = $1 ${TASK}`],
    ['one with a name', { name: 'mine', text: LOOK }, `${LOOK} ${TASK}`],
    ['one that ends in a comment', `${LOOK} -- mine`, `${LOOK} -- mine\n${TASK}`],
    ['several', `SELECT 1; ${LOOK}`, `SELECT 1; ${LOOK} ${TASK}`],
    ['a cursor', { cursor: LOOK }, `${LOOK} ${TASK}`],
  ])('%s', async (_what, query, shown) => {
    const { run } = start()
    // Often enough for a query to be prepared by itself.
    expect(await run('shows', Array(4).fill(query))).toEqual(Array(4).fill(shown))
  })

  test('and an empty one is empty still', async () => {
    expect(await start().run('runs', ['', '-- nothing'])).toEqual([null, null])
  })

  test('in which no name can end the comment', async () => {
    expect(await start().run("odd */ 'name' é", [LOOK])).toEqual([
      `${LOOK} /*task='odd%20*%2F%20%27name%27%20%C3%A9'*/`,
    ])
  })

  test('behind which positions in errors are those of the text', async () => {
    expect(await start().run('fails', ['SELECT nonsense'])).toEqual(['8'])
  })
})

test('a statement that outlives its lease names its task, and not the one that sent the same text before', async () => {
  const broker = lending.broker({ max: 1, nameTasks: true, prepare: 'connection' })
  const executor = lending.executor<Names>(broker, 'named.js')
  const query = { text: `${LOOK} AND 1 = $1`, values: [1] }
  for (const [name, shown] of [
    ['shows', 'shows'],
    ["odd */ 'name' é", 'odd%20*%2F%20%27name%27%20%C3%A9'],
    ['shows', 'shows'],
  ] as const)
    expect(await executor.run(Array(4).fill(query), { name })).toEqual(
      Array(4).fill(`${query.text} /*task='${shown}'*/`),
    )
})

test('without the option the server is sent what the task has written', async () => {
  expect(await start().run('showsPlain', [LOOK, { text: `${LOOK} AND 1 = $1`, values: [1] }])).toEqual([
    LOOK,
    `${LOOK} AND 1 = $1`,
  ])
})
