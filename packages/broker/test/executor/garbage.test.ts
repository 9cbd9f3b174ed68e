import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/garbage.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start() {
  const executor = lending.executor<Tasks>(lending.broker(), 'garbage.js')
  const told: unknown[] = []
  executor.on('error', (error) => told.push(error))
  return { executor, told }
}

const GARBAGE: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'text'],
  ['an array', []],
  ['an object', {}],
  ['an answer to no task', { taskId: 1e6, result: 1, error: null }],
  ['an answer of no number', { taskId: { toString: 1 }, result: 1, error: null }],
  ['a failure that is none', { taskId: 1, result: null, error: 5 }],
  ['a failure without parts', { taskId: 1, result: null, error: { thrown: { value: 1 } } }],
  [
    'a failure of parts that are none',
    { taskId: 1, result: null, error: { thrown: { value: 1 }, parts: [null] } },
  ],
  [
    'a failure of impossible parts',
    {
      taskId: 1,
      result: null,
      error: { thrown: { value: 1 }, parts: [{ is: 'array', length: -1, fields: [] }] },
    },
  ],
]

test.each(GARBAGE)(
  'a thread that answers %s is ended, which is told once, and the next task runs',
  async (_what, garbage) => {
    const { executor, told } = start()
    await executor.run(undefined, { name: 'warmsUp' })
    await expect(executor.run({ garbage, times: 100 }, { name: 'answersGarbage' })).rejects.toMatchObject({
      code: 'PGLEASE_THREAD_ENDED',
      retryable: false,
    })
    expect(told).toMatchObject([
      { code: 'PGLEASE_PROTOCOL', message: expect.stringMatching(/^Thread \d+ has posted/) },
    ])
    expect(await executor.run(5, { name: 'innocent' })).toBe(5)
  },
)

test.each(GARBAGE)(
  'a task that reports %s is reported of no more, which is told once, and ends as it likes',
  async (_what, garbage) => {
    const { executor, told } = start()
    const seen: unknown[] = []
    const onProgress = (value: unknown) => seen.push(value)
    expect(await executor.run({ garbage, times: 100 }, { name: 'reportsGarbage', onProgress })).toBe('over')
    expect(seen).toEqual(['begun'])
    expect(told).toMatchObject([{ code: 'PGLEASE_PROTOCOL' }])
    expect(await executor.run(5, { name: 'innocent' })).toBe(5)
  },
)
