import { expect, test } from 'vitest'
import { collect } from '../support/collect.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/mapped.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 2 })
  return {
    broker,
    executor: lending.executor<Tasks>(broker, 'manners/mapped.js', { maxThreads: 2, ...options }),
  }
}

test('it goes on after failures, and tells of each input how its task has settled', async () => {
  const { broker, executor } = start()
  const settled = await collect(executor.mapSettled([4, 0, 2, 0, 1], { name: 'divides' }))
  expect(settled).toEqual([
    { index: 0, status: 'fulfilled', value: 3 },
    { index: 1, status: 'rejected', reason: expect.objectContaining({ code: '22012' }) },
    { index: 2, status: 'fulfilled', value: 6 },
    { index: 3, status: 'rejected', reason: expect.objectContaining({ code: '22012' }) },
    { index: 4, status: 'fulfilled', value: 12 },
  ])
  await untilQuiet(broker)
})

test('results that come as they are ready say which input was theirs', async () => {
  const { executor } = start()
  const go = new Int32Array(new SharedArrayBuffer(4))
  const results = executor.mapSettled([{ waitsFor: go }, { value: 1 }], { name: 'waits', ordered: false })
  expect((await results.next()).value).toEqual({ index: 1, status: 'fulfilled', value: 1 })
  Atomics.store(go, 0, 1)
  Atomics.notify(go, 0)
  expect((await results.next()).value).toEqual({ index: 0, status: 'fulfilled', value: 'waited' })
  expect(await results.next()).toEqual({ done: true, value: undefined })
})

test('each task has its own time, and one that exceeds it is a failure like others', async () => {
  const { executor } = start()
  const results = executor.mapSettled([1, 2, 3], { name: 'leasesAndWaits', timeoutMillis: 100 })
  const late = { status: 'rejected', reason: { code: 'PGLEASE_TASK_TIMEOUT', limit: 100 } }
  expect(await collect(results)).toMatchObject([0, 1, 2].map((index) => ({ index, ...late })))
})

test('what a task reports comes with the index of its input', async () => {
  const { executor } = start()
  const reported: unknown[] = []
  const onProgress = (progress: string, index: number) => reported.push([index, progress])
  for await (const _ of executor.map(['a', 'b', 'c'], { name: 'reports', onProgress }));
  expect(reported.sort()).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ])
})

test('a throw of who is told of progress fails that task alone', async () => {
  const { executor } = start()
  const onProgress = (progress: string) => {
    if (progress === 'b') throw new Error('not b')
  }
  const results = await collect(executor.mapSettled(['a', 'b', 'c'], { name: 'reports', onProgress }))
  expect(results).toEqual([
    { index: 0, status: 'fulfilled', value: 'a' },
    { index: 1, status: 'rejected', reason: new Error('not b') },
    { index: 2, status: 'fulfilled', value: 'c' },
  ])
})

test('the signal and the inputs end all of it', async () => {
  const { broker, executor } = start()
  const stop = new AbortController()
  const work = collect(executor.mapSettled([1, 2, 3], { name: 'leasesAndWaits', signal: stop.signal }))
  await until(() => broker.stats().default!.leased > 0, 'for a task to run')
  stop.abort(new Error('enough'))
  await expect(work).rejects.toThrow('enough')
  function* broken() {
    yield 1
    throw new Error('no more')
  }
  await expect(collect(executor.mapSettled(broken(), { name: 'squares' }))).rejects.toThrow('no more')
})

test('inputs without an end are not refused one by one by an executor that closes', async () => {
  const { executor } = start()
  function* endless() {
    for (let input = 1; ; input++) yield input
  }
  const results = executor.mapSettled(endless(), { name: 'squares' })
  expect((await results.next()).value).toEqual({ index: 0, status: 'fulfilled', value: 1 })
  const closing = executor.close()
  const rest = collect(results)
  await expect(rest).rejects.toMatchObject({ code: 'PGLEASE_EXECUTOR_CLOSED' })
  await closing
})
