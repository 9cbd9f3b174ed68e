import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/aborted.js')

const database = await createTestDatabase()
const lending = new Lending(database)

test('the tasks in threads are told of from their start to their end, and those that wait are not', async () => {
  const executor = lending.executor<Tasks>(lending.broker(), 'manners/aborted.js', { maxThreads: 1 })
  expect(executor.tasks()).toEqual([])
  const [stop, stopSecond] = [new AbortController(), new AbortController()]
  const first = executor.run(undefined, { name: 'waitsForAbort', signal: stop.signal })
  const second = executor.run(undefined, { name: 'waitsForAbort', signal: stopSecond.signal })
  await until(() => executor.tasks()[0]?.state === 'running', 'for it to run')
  const [told, ...others] = executor.tasks()
  expect(told).toMatchObject({ run: expect.any(Number), task: 'waitsForAbort' })
  expect(told!.threadId).toBeGreaterThan(0)
  expect(others).toEqual([])
  await until(() => executor.tasks()[0]!.runMillis > told!.runMillis, 'for its time to pass')

  stop.abort(new Error('enough'))
  expect(executor.tasks()).toMatchObject([{ run: told!.run, state: 'aborting' }])
  await expect(first).rejects.toThrow('enough')
  await until(() => executor.tasks()[0]?.state === 'running', 'for the second to run')
  expect(executor.tasks()[0]!.run).toBeGreaterThan(told!.run)
  stopSecond.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(executor.tasks()).toEqual([])
})
