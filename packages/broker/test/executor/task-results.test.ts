import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'

type Tasks = typeof import('../tasks/progress.js')

const database = await createTestDatabase()
const lending = new Lending(database)

test.each([
  ['answersFunction', 'result is a function'],
  ['answersDeepFunction', 'result.rows[0].save is a function'],
  ['answersResult', 'use result.rows'],
  ['movesFunction', 'result.rows[0] is a function'],
] as const)(
  'a result that cannot be cloned, as %s, fails its task and no other, and says that %s',
  async (name, why) => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Tasks>(broker, 'progress.js')
    await expect(executor.run(undefined, { name })).rejects.toMatchObject({
      name: 'DataCloneError',
      message: expect.stringMatching(/could not be cloned/),
    })
    await expect(executor.run(undefined, { name })).rejects.toMatchObject({
      message: expect.stringContaining(why),
    })
    expect(await executor.run('next', { name: 'answers' })).toBe('next')
    await untilQuiet(broker)
  },
)

test.each([{}, { onProgress() {} }])(
  'an input that cannot be cloned fails its task and no other',
  async (options) => {
    const executor = lending.executor<Tasks>(lending.broker(), 'progress.js')
    const failing = executor.run({ rows: [{ f() {} }] }, { name: 'answers', ...options })
    await expect(failing).rejects.toMatchObject({
      name: 'DataCloneError',
      message: 'The input could not be cloned: input.rows[0].f is a function.',
    })
    expect(await executor.run('next', { name: 'answers' })).toBe('next')
  },
)

test('whatever can be cloned comes back as it was', async () => {
  const executor = lending.executor<Tasks>(lending.broker(), 'progress.js')
  const values = [
    undefined,
    null,
    new Map([['epoch', new Date(0)]]),
    Uint8Array.of(1, 2, 3),
    2n ** 70n,
    new TypeError('No failure'),
    { error: { class: 'Error' } },
  ]
  for (const value of values) expect(await executor.run(value, { name: 'answers' })).toEqual(value)
})

test('an answer that cannot be cloned does no harm to another task in its thread', async () => {
  const executor = lending.executor<Tasks>(lending.broker(), 'progress.js', { concurrentTasksPerWorker: 2 })
  const other = executor.run(undefined, { name: 'answersLater' })
  const failing = executor.run(undefined, { name: 'answersFunctionBeside' })
  await expect(failing).rejects.toMatchObject({ name: 'DataCloneError' })
  expect(await other).toBe('later')
})
