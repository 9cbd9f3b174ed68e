import { Worker } from 'node:worker_threads'
import { STANDSTILL_BYTES } from '@pglease/client/internal'
import { afterEach, expect, test, vi } from 'vitest'
import { canDuplicate } from '../../src/connection/socket-duplicate.js'
import { StandstillBudget } from '../../src/lease/standstill-budget.js'
import { ThreadShare } from '../../src/lease/thread-share.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'

const database = await createTestDatabase()
const lending = new Lending(database)

afterEach(() => {
  vi.restoreAllMocks()
})

/** As the memory says what became of a thread's wish. */
const [ASKED, BEGUN, REFUSED] = [0, 1, 3]

const ask = () => new SharedArrayBuffer(STANDSTILL_BYTES)
const stateOf = (memory: SharedArrayBuffer) => new Int32Array(memory)[0]

/** The broker's clock, which stands but for the time in which it waits for others. */
function startClock(): { now: number } {
  const clock = { now: performance.now() }
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now)
  vi.spyOn(Atomics, 'wait').mockImplementation((_words, _index, _value, millis) => {
    clock.now += millis!
    return 'timed-out'
  })
  return clock
}

/** A thread that lets the broker go on as soon as it stands still. */
const POLITE = `
const { workerData } = require('node:worker_threads')
const state = new Int32Array(workerData)
Atomics.wait(state, 0, 0)
Atomics.store(state, 0, 2)
Atomics.notify(state, 0)
`

test('what one thread wastes is taken from all, and comes back slowly', () => {
  const clock = startClock()
  const budget = new StandstillBudget()
  const begun = clock.now
  const [first, second, third, fourth] = [ask(), ask(), ask(), ask()]
  budget.spend(first, true)
  expect(clock.now - begun).toBe(100)
  budget.spend(second, true)
  // A twentieth of that.
  clock.now += 100
  budget.spend(third, true)
  expect(clock.now - begun).toBe(205)
  budget.spend(fourth, true)
  expect([first, second, third, fourth].map(stateOf)).toEqual([BEGUN, REFUSED, BEGUN, REFUSED])
})

test('a thread that takes no time leaves it to the others', async () => {
  const budget = new StandstillBudget()
  for (let count = 0; count < 5; count++) {
    const memory = ask()
    const worker = new Worker(POLITE, { eval: true, workerData: memory })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    await new Promise((resolve) => worker.once('online', resolve))
    budget.spend(memory, true)
    expect(stateOf(memory)).not.toBe(REFUSED)
    await ended
  }
})

test('a thread that may not ask is told, and takes nothing', () => {
  const budget = new StandstillBudget()
  const [first, second] = [ask(), ask()]
  budget.spend(first, false)
  budget.spend(second, true)
  expect([first, second].map(stateOf)).toEqual([REFUSED, BEGUN])
})

test.skipIf(!canDuplicate())('a thread asks once, however often it attaches', async () => {
  const broker = lending.broker({ ssl: { rejectUnauthorized: false } })
  const share = new ThreadShare()
  const memories = [ask(), ask(), ask()]
  for (const memory of memories) {
    const thread = new RawThread(broker, {}, share)
    lending.closeAfterTest(async () => thread.close())
    await thread.call('standStill', memory)
  }
  expect(memories.map(stateOf)).toEqual([BEGUN, REFUSED, REFUSED])
})

test.skipIf(!canDuplicate())(
  'twenty threads that never let it go do not stop it for longer than one',
  async () => {
    const broker = lending.broker({ ssl: { rejectUnauthorized: false } })
    const memories = Array.from({ length: 20 }, ask)
    const threads = memories.map(() => new RawThread(broker))
    lending.closeAfterTest(async () => {
      for (const thread of threads) thread.close()
    })
    startClock()
    await Promise.all(memories.map((memory, at) => threads[at]!.call('standStill', memory)))
    const states = memories.map(stateOf)
    expect(states.filter((state) => state === BEGUN)).toHaveLength(1)
    expect(states.filter((state) => state === REFUSED)).toHaveLength(19)
    expect(states).not.toContain(ASKED)
  },
)
