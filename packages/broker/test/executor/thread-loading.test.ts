import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { endWhenLoaded } from '../../src/executor/thread-loading.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { clockGoesOn, holdTimers } from '../support/stopped-clock.js'
import { type Gate, gate, until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
clockGoesOn()

const preload = fileURLToPath(new URL('../support/held-while-loading.cjs', import.meta.url))

/** A thread that is about to load the executor's module, and waits for the test before it does. */
async function startHeld(minThreads: number) {
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const started = once(process, 'worker')
  const executor = lending.executor(lending.broker(), 'thread.js', {
    ...{ minThreads, execArgv: ['--require', preload], workerData: cells },
  })
  const task = executor.run(undefined, { name: 'here' }).catch(({ code }) => code)
  const [thread] = (await started) as [Worker]
  await until(() => Atomics.load(cells, 0) === 1, 'for the thread to be about to load its modules')
  return { executor, task, cells, isAsked: whenAskedToEnd(thread) }
}

function whenAskedToEnd(thread: Worker): Gate {
  const asked = gate()
  const terminate = thread.terminate.bind(thread)
  thread.terminate = () => {
    asked.open()
    return terminate()
  }
  return asked
}

function goOn(cells: Int32Array): void {
  Atomics.store(cells, 1, 1)
  Atomics.notify(cells, 1)
}

describe.each([
  ['that there is from the start', 1],
  ['that is started for a task', 0],
])('a thread %s', (_, minThreads) => {
  test('loads its modules before a close without time ends it, and no task runs there', async () => {
    const { executor, task, cells, isAsked } = await startHeld(minThreads)
    const closed = executor.close({ timeoutMillis: 0 })
    expect(await task).toBe('PGLEASE_EXECUTOR_CLOSED')
    await isAsked
    goOn(cells)
    await closed
    expect(Atomics.load(cells, 0)).toBe(2)
  })
})

describe('a thread that is to be ended while it loads', () => {
  test('and never has loaded is ended when ten seconds are over', async () => {
    const thread = new Worker('for (;;);', { eval: true })
    endWhenLoaded(thread)
    await once(thread, 'online')
    const passes = holdTimers()
    const ended = thread.terminate()
    passes(10_000)
    expect(await ended).toBe(1)
  })

  test('and ends by itself is no longer waited for', async () => {
    const thread = new Worker('process.exit(3)', { eval: true })
    const exited = once(thread, 'exit')
    endWhenLoaded(thread)
    await thread.terminate()
    expect(await exited).toEqual([3])
  })
})

test('a thread that has loaded its modules is ended at once', async () => {
  const thread = new Worker('for (;;);', { eval: true })
  const loaded = endWhenLoaded(thread)
  await once(thread, 'online')
  loaded()
  expect(await thread.terminate()).toBe(1)
})
