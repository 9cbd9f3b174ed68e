import { describe, expect, test } from 'vitest'
import type { ConnectionBroker, SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold, processId, untilWaiting } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'
import { warningsOf } from '../support/warnings.js'

type Tasks = typeof import('../tasks/manners/aborted.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const executor = lending.executor<Tasks>(broker, 'manners/aborted.js', {
    abortGraceMillis: 60_000,
    ...options,
  })
  return { broker, executor }
}

/** A task that has begun and does not end by itself, and the thread that it has reported. */
const reporting = (
  executor: SharedPoolExecutor<Tasks>,
  name: 'computes' | 'neverLooksUp',
  signal: AbortSignal,
): Promise<[Promise<unknown>, unknown]> =>
  new Promise((resolve) => {
    const task = executor.run(undefined, { name, signal, onProgress: (thread) => resolve([task, thread]) })
    task.catch(() => {})
  })

/** What a promise rejects with. */
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('It did not reject')),
    (error) => error,
  )

/** The queries that run on the server. */
async function running(): Promise<string[]> {
  const { rows } = await database.admin.query<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND backend_type = 'client backend'`,
    [database.name],
  )
  return rows.map(({ query }) => query)
}

/** The only connection came back whole. */
async function expectClean(broker: ConnectionBroker) {
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ total: 1, idle: 1, opened: 1 })
  expect(await running()).toEqual([])
}

/** Aborts, and expects the very reason back. */
async function expectReason(
  stop: AbortController,
  promise: Promise<unknown>,
  reason: unknown = new Error('enough'),
) {
  const settled = reasonOf(promise)
  stop.abort(reason)
  expect(await settled).toBe(reason)
}

const SLEEP = 'SELECT pg_sleep(3600)'

describe('one signal aborts a task', () => {
  test('before it was given to the executor', async () => {
    const { broker, executor } = start()
    const reason = new Error('enough')
    expect(await reasonOf(executor.run(SLEEP, { name: 'queries', signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    )
    expect(broker.stats().default!.leases).toBe(0)
  })

  test('that waits for a thread, without a word to any thread', async () => {
    const { executor } = start()
    const [stopFirst, stop] = [new AbortController(), new AbortController()]
    const first = executor.run(undefined, { name: 'waitsForAbort', signal: stopFirst.signal })
    const queued = executor.run('SELECT 1', { name: 'queries', signal: stop.signal })
    const behind = executor.run(3, { name: 'echoes' })
    await until(() => executor.runningSize === 1, 'for the thread to start')
    expect(executor.queueSize).toBe(2)
    await expectReason(stop, queued)
    expect([executor.runningSize, executor.queueSize]).toEqual([1, 1])
    await expectReason(stopFirst, first)
    expect(await behind).toBe(3)
  })

  test('that waits for a connection, and it leaves the line', async () => {
    const { broker, executor } = start()
    const held = await hold(broker)
    const stop = new AbortController()
    const task = executor.run('SELECT 1', { name: 'queries', signal: stop.signal })
    await untilWaiting(broker, 1)
    await expectReason(stop, task)
    await untilWaiting(broker, 0)
    await held.release()
    await expectClean(broker)
    expect(broker.stats().default).toMatchObject({ leases: 1, withdrawn: 1, cancels: 0 })
  })

  test('whose query runs, and the query is cancelled on the server', async () => {
    const { broker, executor } = start()
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'queries', signal: stop.signal })
    await until(async () => (await running()).includes(SLEEP), 'for the query to run')
    await expectReason(stop, task)
    await expectClean(broker)
    expect(broker.stats().default).toMatchObject({ cancels: 1 })
  })

  test('in a transaction, which is rolled back', async () => {
    const { broker, executor } = start()
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'writesAndQueries', signal: stop.signal })
    await until(async () => (await running()).includes(SLEEP), 'for the query to run')
    await expectReason(stop, task)
    expect(await executor.run("SELECT to_regclass('written') AS found", { name: 'queries' })).toEqual({
      found: null,
    })
    await expectClean(broker)
    expect(broker.stats().default).toMatchObject({ rollbacks: 1 })
  })

  test('that holds several leases, and all come back', async () => {
    const broker = lending.broker({ max: 1 }, { replica: { max: 1 } })
    const executor = lending.executor<Tasks>(broker, 'manners/aborted.js')
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'queriesBoth', signal: stop.signal })
    await until(async () => (await running()).length === 2, 'for both queries to run')
    await expectReason(stop, task)
    await Promise.all([untilQuiet(broker), untilQuiet(broker, 'replica')])
    expect(broker.stats()).toMatchObject({ default: { idle: 1 }, replica: { idle: 1 } })
  })

  test('in the middle of a part that has a lease of its own', async () => {
    const { broker, executor } = start()
    const stop = new AbortController()
    const task = executor.run(SLEEP, { name: 'queriesInPart', signal: stop.signal })
    await until(async () => (await running()).includes(SLEEP), 'for the query to run')
    await expectReason(stop, task)
    await expectClean(broker)
  })

  test('that computes in a loop without an event, by what throwIfAborted reads', async () => {
    const { broker, executor } = start({ maxThreads: 1 })
    const stop = new AbortController()
    const [task, threadBefore] = await reporting(executor, 'computes', stop.signal)
    await expectReason(stop, task)
    expect(await executor.run(undefined, { name: 'threadOf' })).toBe(threadBefore)
    await expectClean(broker)
  })

  test('that waits for its own signal', async () => {
    const { executor } = start()
    const stop = new AbortController()
    const reason = Object.assign(new RangeError('too much'), { limit: 3 })
    const seen = new Promise((resolve) => {
      const task = executor.run(undefined, {
        name: 'reportsReason',
        signal: stop.signal,
        onProgress: (progress) => (progress === 'ready' ? stop.abort(reason) : resolve(progress)),
      })
      task.catch(() => {})
    })
    expect(await seen).toEqual({ name: 'RangeError', message: 'too much', limit: 3 })
  })

  test('that does not listen, by ending its thread when the grace is over', async () => {
    const { broker, executor } = start({ abortGraceMillis: 20 })
    const warnings = warningsOf(broker)
    const stop = new AbortController()
    const [task, threadBefore] = await reporting(executor, 'neverLooksUp', stop.signal)
    await expectReason(stop, task)
    expect(await executor.run(undefined, { name: 'threadOf' })).not.toBe(threadBefore)
    await expectClean(broker)
    // Nor is it told to end the transaction that it had begun.
    expect(warnings).toEqual([])
  })

  test('that does not listen, by a close that has no more patience', async () => {
    const { broker, executor } = start({ abortGraceMillis: 20 })
    const warnings = warningsOf(broker)
    const [task] = await reporting(executor, 'neverLooksUp', new AbortController().signal)
    const failed = reasonOf(task)
    await executor.close({ timeoutMillis: 0 })
    expect(await failed).toMatchObject({ code: 'PGLEASE_EXECUTOR_CLOSED' })
    await expectClean(broker)
    expect(warnings).toEqual([])
  })

  test('that has ended in the meantime: nothing happens', async () => {
    const { broker, executor } = start()
    const stop = new AbortController()
    expect(await executor.run(3, { name: 'echoes', signal: stop.signal })).toBe(3)
    stop.abort()
    expect(await executor.run('SELECT 4 AS four', { name: 'queries' })).toEqual({ four: 4 })
    await expectClean(broker)
  })

  test('that ends as if nothing had happened: the reason counts', async () => {
    const { executor } = start()
    const stop = new AbortController()
    await expectReason(stop, executor.run(undefined, { name: 'endsWell', signal: stop.signal }))
  })

  test('that asks for a database after the abort: it gets the reason', async () => {
    const { broker, executor } = start()
    const stop = new AbortController()
    const seen: unknown[] = []
    const task = executor.run(undefined, {
      name: 'queriesAfterAbort',
      signal: stop.signal,
      onProgress: (progress) =>
        progress === 'ready' ? stop.abort(new Error('enough')) : seen.push(progress),
    })
    await reasonOf(task)
    expect(seen).toEqual(['PGLEASE_LEASE_RELEASED'])
    expect(broker.stats().default!.leases).toBe(0)
  })
})

describe('what a task sends behind its abort, of which it has not heard, takes no effect', () => {
  const reason = new Error('enough')
  /** The task has written, or is about to, and goes on once it is aborted. */
  async function abortWhileItComputes(name: keyof Tasks, abort: (stop: AbortController) => unknown) {
    const { broker, executor } = start()
    const warnings = warningsOf(broker)
    await broker.withConnection((client) => client.query('CREATE TABLE IF NOT EXISTS written_behind (n int)'))
    const cells = new Int32Array(new SharedArrayBuffer(4))
    const stop = new AbortController()
    const onProgress = () => {
      abort(stop)
      Atomics.store(cells, 0, 1)
      Atomics.notify(cells, 0)
    }
    const task = executor.run(cells as never, { name: name as 'writes', signal: stop.signal, onProgress })
    const rejected = await reasonOf(task)
    await expectClean(broker)
    const { rows } = await broker.withConnection((client) => client.query('SELECT n FROM written_behind'))
    expect(rows).toEqual([])
    expect(warnings).toEqual([])
    await executor.close()
    return rejected
  }

  test.each([
    'writes',
    'commitsByHand',
    'endsItsTransaction',
    'endsAnotherTransaction',
    'endsItALittleLater',
  ] as const)('%s', async (name) => {
    expect(await abortWhileItComputes(name, (stop) => stop.abort(reason))).toBe(reason)
  })
})

describe('whatever the reason is, the caller gets it', () => {
  const reasons: [string, unknown][] = [
    ['the standard one', undefined],
    ['an error with a class of its own', new (class Mine extends Error {})('mine')],
    ['a word', 'stop'],
    ['null', null],
    ['an object that cannot be cloned', { close() {} }],
  ]

  test.each(reasons)('%s, from a task', async (_, reason) => {
    const { executor } = start()
    const stop = new AbortController()
    const task = executor.run(undefined, { name: 'waitsForAbort', signal: stop.signal })
    await until(() => executor.runningSize === 1, 'for the task to start')
    const settled = reasonOf(task)
    stop.abort(reason)
    expect(await settled).toBe(stop.signal.reason)
  })

  test.each(reasons)('%s, from a lease of the main thread', async (_, reason) => {
    const { broker } = start()
    const stop = new AbortController()
    const work = broker.withConnection((client) => client.query(SLEEP), { signal: stop.signal })
    await until(async () => (await running()).includes(SLEEP), 'for the query to run')
    const settled = reasonOf(work)
    stop.abort(reason)
    expect(await settled).toBe(stop.signal.reason)
    await expectClean(broker)
  })
})

test('a signal that is aborted beforehand opens no lease', async () => {
  const { broker } = start()
  const reason = new Error('enough')
  expect(await reasonOf(processId(broker, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  expect(broker.stats().default).toMatchObject({ leases: 0, waiting: 0 })
})

test('aborts at random moments cost no connection', async () => {
  const { broker, executor } = start({ maxThreads: 2, abortGraceMillis: 10_000 })
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const signal = AbortSignal.timeout(index % 17)
      return executor.run('SELECT pg_sleep(0.005)', { name: 'queries', signal }).then(
        () => 'done',
        (error) => error === signal.reason,
      )
    }),
  )
  expect(outcomes.filter((outcome) => outcome === false)).toEqual([])
  await untilQuiet(broker)
  expect(await processId(broker)).toBeTypeOf('number')
  expect(broker.stats().default).toMatchObject({ total: 1, closed: { unclean: 0, lost: 0 } })
})
