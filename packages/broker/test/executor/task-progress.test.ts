import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { gate } from '../support/until.js'

type Tasks = typeof import('../tasks/progress.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const start = () => lending.executor<Tasks>(lending.broker(), 'progress.js')
const cells = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count))

/** Tells the task in `taken` which value it has seen last. */
function taker() {
  const taken = cells(1)
  const seen: number[] = []
  const onProgress = (value: number) => {
    seen.push(value)
    Atomics.store(taken, 0, value)
  }
  return { taken, seen, onProgress }
}

test('every value arrives, in order, when each is taken before the next is reported', async () => {
  const { taken, seen, onProgress } = taker()
  await start().run({ to: 5, taken }, { name: 'countsSlowly', onProgress })
  expect(seen).toEqual([1, 2, 3, 4, 5])
})

test.each([1, 2, 3, 1000])(
  'of %i reports in a row the last always arrives, before the result',
  async (to) => {
    const executor = start()
    const seen: unknown[] = []
    for (let round = 0; round < 20; round++) {
      seen.push('result', await executor.run(to, { name: 'counts', onProgress: (value) => seen.push(value) }))
      expect(seen.at(-3)).toBe(to)
    }
  },
)

test('the last report arrives before the failure of its task', async () => {
  const seen: unknown[] = []
  const running = start().run(100, { name: 'countsAndFails', onProgress: (value) => seen.push(value) })
  await expect(running).rejects.toThrow('Out of numbers')
  expect(seen.at(-1)).toBe(100)
})

test('a flood of reports is one message for a thread that does not look, and the last', async () => {
  const shared = cells(2)
  const seen: unknown[] = []
  const ready = gate()
  const onProgress = (value: unknown) => {
    seen.push(value)
    ready.open()
  }
  const running = start().run({ to: 100_000, cells: shared }, { name: 'floods', onProgress })
  await ready
  Atomics.store(shared, 0, 1)
  Atomics.notify(shared, 0)
  // Nothing is taken from a port meanwhile.
  Atomics.wait(shared, 1, 0)
  await running
  expect(seen).toEqual(['ready', 1, 100_000])
})

test('reports that nobody asked for cost nothing', async () => {
  expect(await start().run(1000, { name: 'counts' })).toBe(1000)
})

test('a callback that throws fails its task with what it threw', async () => {
  const onProgress = () => {
    throw new RangeError('Too far')
  }
  await expect(start().run(5, { name: 'counts', onProgress })).rejects.toThrow(RangeError)
})

test('a callback that rejects does the same while its task runs, and ends no process', async () => {
  const { taken, onProgress } = taker()
  const rejecting = async (value: number) => {
    onProgress(value)
    if (value === 2) throw new RangeError('Too far')
    // Where the task goes on it waits for this one.
    if (value === 3) await new Promise(() => {})
  }
  const running = start().run({ to: 5, taken }, { name: 'countsSlowly', onProgress: rejecting })
  await expect(running).rejects.toThrow(RangeError)
})

test('one that rejects when its task is over is told to who listens for errors', async () => {
  const executor = start()
  const over = gate()
  const told = once(executor, 'error')
  const onProgress = async () => {
    await over
    throw new RangeError('Too late')
  }
  expect(await executor.run(1, { name: 'counts', onProgress })).toBe(1)
  over.open()
  expect(await told).toEqual([new RangeError('Too late')])
})

test('a value that cannot be cloned throws in the task, and the next ones still arrive', async () => {
  const { taken, seen, onProgress } = taker()
  expect(await start().run({ taken }, { name: 'reportsFunction', onProgress })).toBe('DataCloneError')
  expect(seen).toEqual([1, 2, 3])
})

test('a last value that cannot be cloned fails its task', async () => {
  const executor = start()
  // The first is still on its way for sure: it is taken only when the task has answered.
  const running = executor.run(undefined, { name: 'endsOnFunction', onProgress() {} })
  await expect(running).rejects.toMatchObject({ name: 'DataCloneError' })
  expect(await executor.run(1, { name: 'answers' })).toBe(1)
})

test('a report after the end of its task is dropped', async () => {
  const executor = start()
  const seen: unknown[] = []
  const onProgress = (value: unknown) => seen.push(value)
  await executor.run(undefined, { name: 'reportsTooLate', onProgress })
  await executor.run(1, { name: 'counts', onProgress })
  expect(seen).toEqual([1])
})
