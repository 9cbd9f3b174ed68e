import { expect, test } from 'vitest'
import { startLibrary } from './support/library.js'

const tracing = new URL('../dist/opentelemetry/database.js', import.meta.url).href
const library = await startLibrary<typeof import('../src/opentelemetry/tasks.js')>('opentelemetry', {
  execArgv: ['--import', tracing],
  maxThreads: 1,
})

/** Where the server is, as the broker has it. */
function address(): unknown[] {
  const { options } = library().broker.pool()
  const { database } = library()
  expect(options).toMatchObject({
    database: database.name,
    port: Number(new URL(database.connectionString).port),
  })
  return [options.host, options.port, options.database]
}

const QUERY = expect.stringMatching(/^pg\.query:SELECT /)

test('OpenTelemetry sees the queries of tasks, and how they fail', async () => {
  const seen = await library().atOnce('work', 2)
  const at = address()
  for (const each of seen)
    expect(each).toEqual([
      { name: 'pg.connect', isError: false, at },
      { name: QUERY, text: 'SELECT $1::int AS n', isError: false, at },
      { name: QUERY, text: 'SELECT nothing', isError: true, at },
    ])
  await library().untilAllGivenBack()
})

test('OpenTelemetry sees the clients that a pool hands out', async () => {
  const seen = await library().atOnce('workOnPool', 2)
  const at = address()
  for (const each of seen)
    expect(each).toEqual([
      { name: 'pg.connect', isError: false, at },
      { name: 'pg-pool.connect', isError: false, at },
      { name: QUERY, text: 'SELECT 2 AS n', isError: false, at },
    ])
  await library().untilAllGivenBack()
})
