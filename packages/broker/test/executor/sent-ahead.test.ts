import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { randomFrom } from '../support/random.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/ahead.js')

const database = await createTestDatabase()
const lending = new Lending(database)

function start(options = {}) {
  const broker = lending.broker({ max: 2 })
  return lending.executor<Tasks>(broker, 'ahead.js', { maxThreads: 1, ...options })
}

/** What a task and its caller share. */
class Gate {
  readonly cells = new Int32Array(new SharedArrayBuffer(8))

  get begun(): number {
    return Atomics.load(this.cells, 0)
  }

  untilBegun(): Promise<unknown> {
    return until(() => this.begun > 0, 'for the task to begin')
  }

  /** Blocks the main thread meanwhile: what begins does so without it. */
  blockUntilBegun(timeoutMillis = 10_000): void {
    if (Atomics.wait(this.cells, 0, 0, timeoutMillis) === 'timed-out')
      throw new Error('The task did not begin')
  }

  open(): void {
    Atomics.store(this.cells, 1, 1)
    Atomics.notify(this.cells, 1)
  }
}

const gates = (count: number) => Array.from({ length: count }, () => new Gate()) as [Gate, Gate, Gate]

/** Blocks the main thread. */
function block(millis: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)
}

/** Two threads, each of which runs a task that ends when its gate is opened. */
async function startTwoBusyThreads() {
  const executor = start({ minThreads: 2, maxThreads: 2 })
  const [long, short] = gates(2)
  const longOne = executor.run(long.cells, { name: 'blocks' })
  const shortOne = executor.run(short.cells, { name: 'blocks' })
  await Promise.all([long.untilBegun(), short.untilBegun()])
  return { executor, long, longOne, short, shortOne }
}

describe('a thread begins its next task while the main thread is blocked', () => {
  test.each(['blocks', 'waits', 'failsWhenItMay'] as const)('behind one that %s', async (name) => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run(first.cells, { name })
    const settled = Promise.allSettled([before])
    const after = executor.run(second.cells, { name: 'blocks' })
    await first.untilBegun()
    expect([executor.runningSize, executor.queueSize]).toEqual([1, 1])
    expect(second.begun).toBe(0)
    first.open()
    second.blockUntilBegun()
    // The second blocks its thread: what the first has answered has been posted before.
    await settled
    expect([executor.runningSize, executor.queueSize]).toEqual([1, 0])
    second.open()
    await after
  })

  test('but not before what the one before it has printed, and its answer, are on their way', async () => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run(first.cells, { name: 'printsAndEnds' })
    const after = executor.run(second.cells, { name: 'blocks' })
    await first.untilBegun()
    first.open()
    expect(await before).toBe('printed')
    second.open()
    await after
  })

  // A thousand tasks and a hundred threads: a busy machine takes long.
  const patience = { timeout: 180_000 }
  test(
    'and none is lost, begun twice or beside another, while threads come and go and callers abort',
    patience,
    async () => {
      const executor = start({ maxThreads: 4, idleTimeout: 1, abortGraceMillis: 5 })
      const next = randomFrom(7)
      const begun = new Int32Array(new SharedArrayBuffer(4 * 1000))
      const outcomes = { answered: 0, aborted: 0, died: 0 }
      const run = async (number: number) => {
        const [kind, stop] = [next(), new AbortController()]
        const dies = kind > 0.99
        if (kind < 0.1) setImmediate(() => stop.abort())
        else if (kind < 0.2) setTimeout(() => stop.abort(), 5)
        const options = { name: 'counts' as const, ...(kind < 0.5 ? { signal: stop.signal } : {}) }
        try {
          const turns = Math.floor(next() * 20)
          expect(await executor.run({ begun, number, turns, dies }, options)).toBe(number)
          expect(begun[number]).toBe(1)
          outcomes.answered++
        } catch (error) {
          expect(error).toMatchObject(dies ? { code: 'PGLEASE_THREAD_ENDED' } : { name: 'AbortError' })
          expect(begun[number]).toBeLessThanOrEqual(1)
          outcomes[dies ? 'died' : 'aborted']++
        }
      }
      let number = 0
      const caller = async (callerNumber: number) => {
        while (number < begun.length) {
          await run(number++)
          // Now and then there is less to do.
          if (next() < 0.02) await new Promise((resolve) => setTimeout(resolve, callerNumber))
        }
      }
      await Promise.all(Array.from({ length: 12 }, (_, callerNumber) => caller(callerNumber)))
      expect(outcomes.answered + outcomes.aborted + outcomes.died).toBe(begun.length)
      expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0)
      expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
    },
  )
})

test('a task for which a thread is started goes to one that comes free before', async () => {
  const executor = start({ minThreads: 1, maxThreads: 2 })
  const [first, second] = gates(2)
  const firstOne = executor.run(first.cells, { name: 'blocks' })
  await first.untilBegun()
  second.open()
  const secondOne = executor.run(second.cells, { name: 'blocks' })
  first.open()
  // No thread has started that fast: it says hello to this one first.
  expect(await secondOne).toBe(await firstOne)
})

describe('a task that was sent ahead', () => {
  test('is taken back from a busy thread by a free one', async () => {
    const { executor, long, longOne, short, shortOne } = await startTwoBusyThreads()
    const [behind] = gates(1)
    const waiting = [1, 2, 3].map(() => executor.run(behind.cells, { name: 'blocks' }))
    behind.open()
    short.open()
    const free = await shortOne
    expect(await Promise.all(waiting)).toEqual([free, free, free])
    expect(behind.begun).toBe(3)
    long.open()
    expect(await longOne).not.toBe(free)
  })

  test('with what its caller watches, also when it is sent anew', async () => {
    const { executor, long, longOne, short, shortOne } = await startTwoBusyThreads()
    const [behind] = gates(1)
    const stop = new AbortController()
    const reason = new Error('enough')
    const reports: unknown[] = []
    const options = { signal: stop.signal, onProgress: (report: unknown) => reports.push(report) }
    const watched = executor.run(behind.cells, { name: 'reportsAndWaits', ...options })
    short.open()
    await until(() => reports.length === 1, 'for a report')
    expect(reports).toEqual([await shortOne])
    stop.abort(reason)
    await expect(watched).rejects.toBe(reason)
    expect(behind.begun).toBe(1)
    long.open()
    await longOne
  })

  test('is overtaken by a bounded number of others behind a long one', async () => {
    const { executor, long, longOne, short, shortOne } = await startTwoBusyThreads()
    const [behind] = gates(1)
    behind.open()
    const order: string[] = []
    const patient = executor.run(behind.cells, { name: 'blocks' }).then(() => order.push('patient'))
    const begun = new Int32Array(new SharedArrayBuffer(4 * 40))
    let number = 0
    const caller = async () => {
      while (number < begun.length) {
        await executor.run({ begun, number: number++, turns: 0, dies: false }, { name: 'counts' })
        order.push('other')
      }
    }
    const others = Promise.all([caller(), caller(), caller()])
    short.open()
    await Promise.all([shortOne, patient])
    // Two for each thread, what was sent ahead until then, and the one that the free thread runs before it.
    expect(order.indexOf('patient')).toBeLessThanOrEqual(2 * 2 + 2)
    await others
    long.open()
    await longOne
  })

  test('and aborted before it begins never begins', async () => {
    const executor = start()
    const [first, second, third] = gates(3)
    const before = executor.run(first.cells, { name: 'blocks' })
    const stop = new AbortController()
    const aborted = executor.run(second.cells, { name: 'blocks', signal: stop.signal })
    const after = executor.run(third.cells, { name: 'blocks' })
    await first.untilBegun()
    stop.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    third.open()
    first.open()
    await Promise.all([before, after])
    expect(second.begun).toBe(0)
  })

  test('and aborted when it has begun without the main thread knowing ends as a running one', async () => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run(first.cells, { name: 'blocks' })
    const stop = new AbortController()
    const aborted = executor.run(second.cells, { name: 'endsWhenAborted', signal: stop.signal })
    await first.untilBegun()
    first.open()
    second.blockUntilBegun()
    stop.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await before
    expect(second.begun).toBe(1)
  })

  test.each(['process.exit()', 'an uncaught error'])('outlives %s of the one before it', async (how) => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run({ cells: first.cells, how }, { name: 'endsItsThreadWhenItMay' })
    const after = executor.run({ cells: second.cells, text: 'SELECT 1 AS one' }, { name: 'queries' })
    await first.untilBegun()
    first.open()
    await expect(before).rejects.toMatchObject({ code: 'PGLEASE_THREAD_ENDED' })
    expect(await after).toEqual({ one: 1 })
    expect(second.begun).toBe(1)
  })

  test('outlives the end of a thread whose task ignores its abort', async () => {
    const executor = start({ abortGraceMillis: 10 })
    const [first, second] = gates(2)
    const stop = new AbortController()
    const before = executor.run(first.cells, { name: 'blocks', signal: stop.signal })
    const after = executor.run(second.cells, { name: 'blocks' })
    await first.untilBegun()
    stop.abort(new Error('enough'))
    await expect(before).rejects.toThrow('enough')
    await second.untilBegun()
    second.open()
    await after
    expect(second.begun).toBe(1)
  })

  test('is not ended with its thread when the one before it has ended in time, unseen by a blocked main thread', async () => {
    const executor = start({ abortGraceMillis: 1 })
    const [first, second] = gates(2)
    const stop = new AbortController()
    const before = executor.run(first.cells, { name: 'endsWhenAborted', signal: stop.signal })
    const after = executor.run(second.cells, { name: 'blocks' })
    await first.untilBegun()
    // After this the event loop looks at its timers before it looks at messages.
    await new Promise(setImmediate)
    stop.abort(new Error('enough'))
    second.blockUntilBegun()
    block(20)
    await expect(before).rejects.toThrow('enough')
    second.open()
    expect(await after).toEqual(expect.any(Number))
  })

  test('and ignores its abort costs the one before it no answer, which a blocked main thread has not seen', async () => {
    const executor = start({ abortGraceMillis: 1 })
    const [first, second] = gates(2)
    const stop = new AbortController()
    const before = executor.run(first.cells, { name: 'blocks' })
    const after = executor.run(second.cells, { name: 'blocks', signal: stop.signal })
    const settled = Promise.allSettled([before, after])
    await first.untilBegun()
    // After this the event loop looks at its timers before it looks at messages.
    await new Promise(setImmediate)
    first.open()
    second.blockUntilBegun()
    stop.abort(new Error('enough'))
    block(20)
    expect(await settled).toMatchObject([
      { status: 'fulfilled', value: expect.any(Number) },
      { status: 'rejected', reason: { message: 'enough' } },
    ])
  })

  test.each(['process.exit()', 'an uncaught error', 'an end out of memory'])(
    'and dies by %s costs the one before it no answer',
    async (how) => {
      const executor = start({ resourceLimits: { maxOldGenerationSizeMb: 32 } })
      const [first, second] = gates(2)
      const before = executor.run(first.cells, { name: 'blocks' })
      const after = executor.run({ cells: second.cells, how }, { name: 'endsItsThread' })
      const settled = Promise.allSettled([before, after])
      await first.untilBegun()
      first.open()
      second.blockUntilBegun()
      block(200)
      expect(await settled).toMatchObject([
        { status: 'fulfilled', value: expect.any(Number) },
        { status: 'rejected', reason: { code: 'PGLEASE_THREAD_ENDED', retryable: false } },
      ])
    },
  )

  /** Whether the main thread hears of the answer before it hears of the end is Node's. */
  test('is begun by another thread, or may be run again, when its own ends between the answer before it and its begin', async () => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run(first.cells, { name: 'answersAndEndsItsThread' })
    const after = executor.run(second.cells, { name: 'blocks' })
    await first.untilBegun()
    first.open()
    second.open()
    block(200)
    expect(await before).toBe('answered')
    const [outcome] = await Promise.allSettled([after])
    if (second.begun === 0)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'PGLEASE_THREAD_ENDED', retryable: true },
      })
    else expect([second.begun, outcome]).toEqual([1, { status: 'fulfilled', value: expect.any(Number) }])
  })

  test('and cannot be sent fails as it would at once, and the next one runs', async () => {
    const executor = start()
    const [first, third] = gates(2)
    const before = executor.run(first.cells, { name: 'blocks' })
    const unsent = executor.run((() => {}) as never, { name: 'moves' })
    await expect(unsent).rejects.toMatchObject({ name: 'DataCloneError' })
    const after = executor.run(third.cells, { name: 'blocks' })
    third.open()
    first.open()
    await Promise.all([before, after])
  })

  test('behind one that cannot be sent begins', async () => {
    const executor = start()
    const [second] = gates(1)
    second.open()
    const unsent = executor.run((() => {}) as never, { name: 'moves' })
    const after = executor.run(second.cells, { name: 'blocks' })
    await expect(unsent).rejects.toMatchObject({ name: 'DataCloneError' })
    await after
    expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
  })

  test('is aborted by a close that has no time', async () => {
    const executor = start()
    const [first, second] = gates(2)
    const before = executor.run(first.cells, { name: 'blocks' })
    const after = executor.run(second.cells, { name: 'blocks' })
    const settled = Promise.allSettled([before, after])
    await first.untilBegun()
    await executor.close({ timeoutMillis: 0 })
    const closed = { status: 'rejected', reason: { code: 'PGLEASE_EXECUTOR_CLOSED' } }
    expect(await settled).toMatchObject([closed, closed])
    expect(second.begun).toBe(0)
  })
})

test('what is moved is sent to a free thread only, and once', async () => {
  const executor = start()
  const [first, third] = gates(2)
  const before = executor.run(first.cells, { name: 'blocks' })
  const buffer = new ArrayBuffer(8)
  const moved = executor.run(buffer, { name: 'moves', transferList: [buffer] })
  const after = executor.run(third.cells, { name: 'blocks' })
  await first.untilBegun()
  expect(buffer.byteLength).toBe(8)
  third.open()
  first.open()
  expect(await moved).toBe(8)
  await Promise.all([before, after])
})

test('threads that take several tasks at a time are sent none ahead', async () => {
  const executor = start({ concurrentTasksPerWorker: 2 })
  const [first, second, third] = gates(3)
  const both = [first, second].map(({ cells }) => executor.run(cells, { name: 'waits' }))
  const after = executor.run(third.cells, { name: 'waits' })
  await Promise.all([first.untilBegun(), second.untilBegun()])
  first.open()
  expect(() => third.blockUntilBegun(50)).toThrow('did not begin')
  await third.untilBegun()
  second.open()
  third.open()
  await Promise.all([...both, after])
})
