import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ExecutorOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

type Tasks = typeof import('../tasks/thread.js')

function start(options: Partial<ExecutorOptions> = {}) {
  const executor = lending.executor<Tasks>(lending.broker(), 'thread.js', options)
  const errors: string[] = []
  executor.on('error', ({ message }) => errors.push(message))
  return { executor, errors }
}

const preload = fileURLToPath(new URL('../support/starts.cjs', import.meta.url))

/** An executor whose first `most` threads start, and no others. */
function startOnly(most: number, how: string, options: Partial<ExecutorOptions> = {}) {
  const starts = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { starts, most, how }
  return { starts, ...start({ minThreads: 0, execArgv: ['--require', preload], workerData, ...options }) }
}

/** The threads of so many tasks, which all run at the same time. */
function meet(executor: ReturnType<typeof start>['executor'], others: number): Promise<number[]> {
  const cells = new Int32Array(new SharedArrayBuffer(4))
  const tasks = Array.from({ length: others }, () => executor.run({ cells, others }, { name: 'meets' }))
  return Promise.all(tasks)
}

test('a burst of tasks starts a thread for each', async () => {
  const { executor } = start({ minThreads: 0, maxThreads: 3 })
  expect(new Set(await meet(executor, 3)).size).toBe(3)
})

test('a thread that has leased has loaded nothing of fetch, nor what only TLS needs', async () => {
  const { executor } = start()
  const modules = await executor.run(undefined, { name: 'builtInModules' })
  expect(modules).toContain('net')
  expect(modules).not.toContain('internal/deps/undici/undici')
  expect(modules).not.toContain('v8')
})

test('no more threads are started than their tasks need', async () => {
  const { executor, starts } = startOnly(9, '', { maxThreads: 8, concurrentTasksPerWorker: 2 })
  expect(new Set(await meet(executor, 3)).size).toBe(2)
  expect(Atomics.load(starts, 0)).toBe(2)
})

test('a thread that ends for want of tasks is followed by another when there are some', async () => {
  const { executor } = start({ minThreads: 0, maxThreads: 1, idleTimeout: 1 })
  const threads = new Set<number>()
  await until(
    async () => threads.add(await executor.run(undefined, { name: 'here' })).size > 1,
    'for another thread',
  )
})

describe('a task that waits for a thread to start', () => {
  test('is in the queue, which it leaves at once when it is aborted, and the thread runs the next', async () => {
    const { executor } = start({ minThreads: 0, maxThreads: 1, abortGraceMillis: 1 })
    const stop = new AbortController()
    const aborted = executor.run(undefined, { name: 'here', signal: stop.signal })
    const next = executor.run(undefined, { name: 'here' })
    expect([executor.runningSize, executor.queueSize]).toEqual([0, 2])
    stop.abort('enough')
    expect([executor.runningSize, executor.queueSize]).toEqual([0, 1])
    await expect(aborted).rejects.toBe('enough')
    expect(await next).toEqual(expect.any(Number))
  })

  test('is not one of those that may wait', async () => {
    const { executor } = start({ minThreads: 0, maxThreads: 2, maxQueue: 1 })
    const tasks = [1, 2, 3].map(() => executor.run(undefined, { name: 'here' }))
    await expect(executor.run(undefined, { name: 'here' })).rejects.toMatchObject({
      code: 'PGLEASE_QUEUE_FULL',
    })
    await Promise.all(tasks)
  })

  test('is run by a close that has time, and rejects by one that has none', async () => {
    const [patient, hasty] = [start({ minThreads: 0 }), start({ minThreads: 0 })]
    const [run, rejected] = [patient, hasty].map(({ executor }) => executor.run(undefined, { name: 'here' }))
    const settled = Promise.allSettled([run, rejected])
    await Promise.all([patient.executor.close(), hasty.executor.close({ timeoutMillis: 0 })])
    expect(await settled).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'PGLEASE_EXECUTOR_CLOSED' } },
    ])
    expect([...patient.errors, ...hasty.errors]).toEqual([])
  })
})

describe.each([
  ['an error', 'Not today'],
  ['process.exit()', 'exited'],
])('where threads cannot start because of %s', (how, why) => {
  test('each task that waits rejects, and so does the next', async () => {
    const { executor } = startOnly(0, how, { maxThreads: 2 })
    const ended = { status: 'rejected', reason: { code: 'PGLEASE_THREAD_ENDED' } }
    const tasks = [1, 2, 3, 4].map(() => executor.run(undefined, { name: 'here' }))
    expect(await Promise.allSettled(tasks)).toMatchObject([ended, ended, ended, ended])
    await expect(executor.run(undefined, { name: 'here' })).rejects.toThrow(why)
    expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
  })

  test('a thread that has started runs the tasks of the others', async () => {
    const { executor } = startOnly(1, how, { maxThreads: 3 })
    const first = await executor.run(undefined, { name: 'here' })
    const threads = await Promise.all([1, 2, 3, 4].map(() => executor.run(undefined, { name: 'here' })))
    expect(new Set(threads)).toEqual(new Set([first]))
  })
})

test('a thread whose broker does not answer runs tasks that lease nothing', async () => {
  const broker = lending.broker()
  await broker.close()
  const executor = lending.executor<Tasks>(broker, 'thread.js')
  expect(await executor.run(undefined, { name: 'here' })).toEqual(expect.any(Number))
  await expect(executor.run(undefined, { name: 'nativeLoads' })).rejects.toMatchObject({
    code: expect.stringMatching(/^PGLEASE_(BROKER_CLOSED|LEASE_LOST|NOT_ATTACHED)$/),
  })
  expect(await executor.run(undefined, { name: 'here' })).toEqual(expect.any(Number))
})

test('a main thread that stands still for long while threads start ends none of them', async () => {
  const { executor, errors } = start({ maxThreads: 2 })
  const task = executor.run(undefined, { name: 'here' })
  // Longer than a broker has to say hello.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 11_000)
  expect(await task).toEqual(expect.any(Number))
  expect(errors).toEqual([])
})
