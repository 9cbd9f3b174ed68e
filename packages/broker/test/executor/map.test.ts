import { getEventListeners } from 'node:events'
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

/** Tells how far it was read, and whether it was closed. */
function inputs(count: number) {
  const told = { read: 0, closed: false }
  function* generate() {
    try {
      while (told.read < count) yield told.read++
    } finally {
      told.closed = true
    }
  }
  return { told, values: generate() }
}

test('results come in the order of their inputs, whatever the order in which they are ready', async () => {
  const { executor } = start()
  const order = [5, 1, 4, 2, 3, 0, 9, 8]
  const results = await collect(executor.map(order, { name: 'squares' }))
  expect(results).toEqual(order.map((each) => each ** 2))
})

test('results come as they are ready when no order is wanted', async () => {
  const { executor } = start()
  const go = new Int32Array(new SharedArrayBuffer(4))
  const results = executor.map([{ waitsFor: go }, { value: 1 }, { value: 2 }], {
    name: 'waits',
    ordered: false,
  })
  expect([(await results.next()).value, (await results.next()).value].sort()).toEqual([1, 2])
  Atomics.store(go, 0, 1)
  Atomics.notify(go, 0)
  expect(await results.next()).toEqual({ done: false, value: 'waited' })
  expect(await results.next()).toEqual({ done: true, value: undefined })
})

test('asynchronous inputs are taken too, and none at all', async () => {
  const { executor } = start()
  async function* later() {
    yield 2
    yield 3
  }
  expect(await collect(executor.map(later(), { name: 'squares' }))).toEqual([4, 9])
  expect(await collect(executor.map([], { name: 'squares' }))).toEqual([])
})

test('a result comes without waiting for an input that is still to come', async () => {
  const { executor } = start()
  async function* endless() {
    yield 2
    await new Promise(() => {})
  }
  const results = executor.map(endless(), { name: 'squares' })
  expect(await results.next()).toEqual({ done: false, value: 4 })
})

test('inputs are read only as fast as their results are taken', async () => {
  const { executor } = start()
  const { told, values } = inputs(1_000_000)
  const results = executor.map(values, { name: 'squares', concurrency: 3 })
  for (let taken = 1; taken <= 20; taken++) {
    await results.next()
    expect(told.read).toBeLessThanOrEqual(taken + 3)
  }
  expect(executor.runningSize + executor.queueSize).toBeLessThanOrEqual(3)
  await results.return()
  expect(told.closed).toBe(true)
})

test('no more tasks are under way than asked for, by default twice what the threads take', async () => {
  const { executor } = start()
  for (const [options, most] of [
    [{ concurrency: 1 }, 1],
    [{}, 4],
  ] as const) {
    const { told, values } = inputs(12)
    const seen: number[] = []
    for await (const result of executor.map(values, { name: 'squares', ...options })) {
      seen.push(told.read - result - 1)
    }
    expect(Math.max(...(seen as number[]))).toBeLessThanOrEqual(most)
  }
})

test('the default keeps within what may wait for a thread', async () => {
  const { executor } = start({ maxQueue: 0 })
  expect(await collect(executor.map([1, 2, 3, 4, 5], { name: 'squares' }))).toEqual([1, 4, 9, 16, 25])
})

test('leaving the loop aborts the tasks under way and closes the inputs', async () => {
  const { broker, executor } = start()
  const { told, values } = inputs(100)
  for await (const result of executor.map(values, { name: 'leasesAndWaits' })) {
    expect(result).toBe('first')
    break
  }
  expect(told.closed).toBe(true)
  expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ leased: 0, closed: { unclean: 0, lost: 0 } })
})

test('the first failure is thrown whole, aborts the tasks under way and closes the inputs', async () => {
  const { executor } = start()
  const { told, values } = inputs(100)
  const failing = executor.map(values, { name: 'failsAtThree' })
  const results: unknown[] = []
  const error = await (async () => {
    for await (const each of failing) results.push(each)
  })().catch((error) => error)
  expect(error).toMatchObject({ code: '22012', message: 'division by zero' })
  expect(results).toEqual([0, 1, 2])
  expect(told.closed).toBe(true)
  expect(told.read).toBeLessThan(10)
  expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
})

test('an error of the inputs is thrown, and the tasks under way are aborted', async () => {
  const { executor } = start()
  const error = new Error('no more')
  function* broken() {
    yield 1
    throw error
  }
  const work = collect(executor.map(broken(), { name: 'leasesAndWaits' }))
  expect(await work.catch((error) => error)).toBe(error)
  expect(executor.runningSize).toBe(0)
})

test('the signal of a map aborts all of it, with its reason', async () => {
  const { broker, executor } = start()
  const stop = new AbortController()
  const { told, values } = inputs(100)
  const work = collect(executor.map(values, { name: 'leasesAndWaits', signal: stop.signal }))
  await until(() => broker.stats().default!.leased > 0, 'for a task to run')
  const reason = new Error('enough')
  stop.abort(reason)
  expect(await work.catch((error) => error)).toBe(reason)
  expect(told.closed).toBe(true)
})

test('a map on a closed executor is refused', async () => {
  const { executor } = start()
  await executor.close()
  await expect(executor.map([1], { name: 'squares' }).next()).rejects.toMatchObject({
    code: 'PGLEASE_EXECUTOR_CLOSED',
  })
})

test.each([undefined, null, 5, {}, Promise.resolve([1]), { [Symbol.asyncIterator]: 5 }])(
  'what are no inputs, as %o, is said to be none',
  async (inputs) => {
    const { executor } = start()
    const results = collect(executor.map(inputs as never, { name: 'squares' }))
    await expect(results).rejects.toMatchObject({ code: 'PGLEASE_CONFIGURATION', option: 'map.inputs' })
  },
)

test('inputs that give no object are not read for ever', async () => {
  const { executor } = start()
  const inputs = { [Symbol.iterator]: () => ({ next: () => 5 }) }
  await expect(collect(executor.map(inputs as never, { name: 'squares' }))).rejects.toThrow(TypeError)
})

test('a string is as good an input as any', async () => {
  const { executor } = start()
  expect(await collect(executor.map('345' as never, { name: 'squares' }))).toEqual([9, 16, 25])
})

test('one signal for many maps has one listener of theirs', async () => {
  const { executor } = start()
  const { signal } = new AbortController()
  const maps = Array.from({ length: 20 }, () => executor.map([1, 2], { name: 'squares', signal }))
  await Promise.all(maps.map((map) => map.next()))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await Promise.all(maps.map((map) => map.return()))
})
