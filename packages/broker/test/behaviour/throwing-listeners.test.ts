import type { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** What the process was told of, in place of ending. */
let uncaught: unknown[] = []
let others: NodeJS.UncaughtExceptionListener[] = []
const hear = (error: unknown) => uncaught.push(error)

beforeEach(() => {
  uncaught = []
  others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', hear)
})

afterEach(() => {
  process.off('uncaughtException', hear)
  for (const each of others) process.on('uncaughtException', each)
})

function throwAt(emitter: EventEmitter, event: string): Error {
  const error = new Error(`of a listener to ${event}`)
  emitter.on(event, () => {
    throw error
  })
  return error
}

const untilHeard = (error: Error) => until(() => uncaught.includes(error), 'for the error to be heard of')

test.each([
  ['is released in an open transaction', {}, 'BEGIN'],
  ['is held too long', { leakDetectionMillis: 1 }, 'SELECT pg_sleep(0.05)'],
  ['cannot be reset', { resetQuery: 'RESET nonsense' }, 'SELECT 1'],
])('a listener that throws when a lease %s costs the pool nothing', async (_what, options, query) => {
  const broker = lending.broker({ max: 1, ...options })
  const error = throwAt(broker, 'warning')
  await broker.withConnection((client) => client.query(query))
  await untilHeard(error)
  expect(await processId(broker)).toBeGreaterThan(0)
  await broker.close()
})

test('one that throws at the late error of a task’s onProgress costs the executor nothing', async () => {
  const executor = lending.executor(lending.broker(), 'progress.js')
  const error = throwAt(executor, 'error')
  const onProgress = () => new Promise((_, reject) => setTimeout(reject, 20, new Error('late')))
  await executor.run(1, { name: 'counts', onProgress })
  await untilHeard(error)
  expect(await executor.run(1, { name: 'counts' })).toBe(1)
})
