import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, untilWaiting } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'
import { SLEEP } from '../support/until-running.js'

type Tasks = typeof import('../tasks/manners/aborted.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const executor = lending.executor<Tasks>(broker, 'manners/aborted.js', {
    maxThreads: 1,
    abortGraceMillis: 60_000,
    ...options,
  })
  return { broker, executor }
}

const tooLong = (name: string, limit: number) => ({
  name: 'TaskTimeoutError',
  code: 'PGLEASE_TASK_TIMEOUT',
  retryable: false,
  limit,
  message: `The task "${name}" ran for longer than ${limit} ms.`,
})

describe('a task that runs for longer than it may', () => {
  test('has its query cancelled, and its connection comes back whole', async () => {
    const { broker, executor } = start()
    const task = executor.run(SLEEP, { name: 'queries', timeoutMillis: 50 })
    await expect(task).rejects.toMatchObject(tooLong('queries', 50))
    expect(await executor.run('SELECT 4 AS four', { name: 'queries' })).toEqual({ four: 4 })
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ total: 1, opened: 1 })
  })

  test('leaves the line of those who wait for a connection', async () => {
    const { broker, executor } = start()
    const held = await hold(broker)
    const task = executor.run('SELECT 1', { name: 'queries', timeoutMillis: 50 })
    await expect(task).rejects.toMatchObject(tooLong('queries', 50))
    await untilWaiting(broker, 0)
    await held.release()
  })

  test('sees why, by its signal and in shared memory', async () => {
    const { executor } = start()
    const reported: unknown[] = []
    const options = { timeoutMillis: 50, onProgress: (what: unknown) => reported.push(what) }
    await expect(executor.run(undefined, { name: 'reportsReason', ...options })).rejects.toThrow(
      'longer than',
    )
    expect(reported[1]).toMatchObject({ name: 'TaskTimeoutError', limit: 50 })
    await expect(executor.run(undefined, { name: 'computes', ...options })).rejects.toThrow('longer than')
  })

  test('has failed, also when it then ends as if nothing had happened', async () => {
    const { executor } = start()
    const task = executor.run(undefined, { name: 'endsWell', timeoutMillis: 50 })
    await expect(task).rejects.toMatchObject(tooLong('endsWell', 50))
  })

  test('loses its thread when it does not look up within the grace', async () => {
    const { broker, executor } = start({ abortGraceMillis: 20 })
    const before = await executor.run(undefined, { name: 'threadOf' })
    const begun = new Int32Array(new SharedArrayBuffer(4))
    // One that had not even begun when its time was over needs not lose its thread.
    while (begun[0] === 0) {
      const task = executor.run(begun, { name: 'neverReturns', timeoutMillis: 50 })
      await expect(task).rejects.toMatchObject(tooLong('neverReturns', 50))
    }
    expect(await executor.run(undefined, { name: 'threadOf' })).not.toBe(before)
    await untilQuiet(broker)
  })

  test('is aborted once: the signal comes first or the time does', async () => {
    const { executor } = start()
    const stop = new AbortController()
    const task = executor.run(undefined, {
      name: 'waitsForAbort',
      signal: stop.signal,
      timeoutMillis: 60_000,
    })
    await until(() => executor.runningSize === 1, 'for the task to start')
    stop.abort(new Error('enough'))
    await expect(task).rejects.toThrow('enough')
  })
})

test('the time of the queue does not count', async () => {
  const { executor } = start()
  const stop = new AbortController()
  const first = executor.run(undefined, { name: 'waitsForAbort', signal: stop.signal })
  const queued = executor.run(3, { name: 'echoes', timeoutMillis: 10_000 })
  const behind = executor.run(undefined, { name: 'waitsForAbort', timeoutMillis: 30 })
  await until(() => executor.runningSize === 1, 'for the thread to start')
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(executor.queueSize).toBe(2)
  stop.abort()
  await expect(first).rejects.toThrow('aborted')
  expect(await queued).toBe(3)
  await expect(behind).rejects.toMatchObject(tooLong('waitsForAbort', 30))
})

test('an answer that is there counts, though this thread was too busy to look', async () => {
  const { executor } = start()
  await executor.run(0, { name: 'echoes' })
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const task = executor.run(answered, { name: 'tellsOfItsEnd', timeoutMillis: 200 })
  await until(() => executor.runningSize === 1, 'for the task to be sent')
  // Until it has answered, and then until its time is over.
  Atomics.wait(answered, 0, 0)
  const end = performance.now() + 400
  while (performance.now() < end);
  expect(await task).toBe('told')
})

test('what is no number of milliseconds is refused', async () => {
  const { executor } = start()
  for (const timeoutMillis of [-1, Number.NaN, Number.POSITIVE_INFINITY, '50' as never])
    await expect(executor.run(3, { name: 'echoes', timeoutMillis })).rejects.toMatchObject({
      code: 'PGLEASE_CONFIGURATION',
      option: 'run.timeoutMillis',
    })
})
