import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker, ExecutorOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'
import { warningsOf } from '../../support/warnings.js'
import { ways } from '../../tasks/manners/sends-on.js'

type Tasks = typeof import('../../tasks/manners/sends-on.js')

const database = await createTestDatabase()
const lending = new Lending(database)
const reason = new Error('enough')

const run = (options: Omit<ExecutorOptions, 'filename'> = {}) => {
  const broker = lending.broker({ max: 1, connectionTimeoutMillis: 0 })
  const executor = lending.executor<Tasks>(broker, 'manners/sends-on.js', {
    abortGraceMillis: 60_000,
    ...options,
  })
  return { broker, executor, warnings: warningsOf(broker) }
}

const sides = lending.shared(() => run())

/** Runs this in a session of its own. */
async function elsewhere(text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  return client.query(text).finally(() => client.end())
}

const rowsWritten = async () => {
  const { rows } = await elsewhere('SELECT count(*)::int AS count FROM sent_on')
  return (rows as { count: number }[])[0]!.count
}

/** Lets a task go on that computes. */
function letGo(cells: Int32Array) {
  Atomics.store(cells, 0, 1)
  Atomics.notify(cells, 0)
}

const newTable = () => elsewhere('DROP TABLE IF EXISTS sent_on; CREATE TABLE sent_on (n int)')

/** The reason that a task's promise rejects with. */
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('It did not reject')),
    (error) => error,
  )

const newCells = () => new Int32Array(new SharedArrayBuffer(4))

async function expectNothingWritten(broker: ConnectionBroker) {
  await untilQuiet(broker)
  expect(await rowsWritten()).toBe(0)
}

describe('behind the abort of a task nothing takes effect that it has not sent before', () => {
  test.each(ways())('%s', async (way) => {
    await newTable()
    const { broker, executor, warnings } = sides()
    const cells = newCells()
    const stop = new AbortController()
    const onProgress = async (what: unknown) => {
      if (what === 'alter') await elsewhere('TRUNCATE sent_on; ALTER TABLE sent_on ADD COLUMN other int')
      else stop.abort(reason)
      letGo(cells)
    }
    const input = { cells, way: way as never }
    expect(await rejection(executor.run(input, { name: 'sendsOn', signal: stop.signal, onProgress }))).toBe(
      reason,
    )
    await expectNothingWritten(broker)
    expect(warnings.filter(({ code }) => code !== 'PGLEASE_QUERY_NOT_AWAITED')).toEqual([])
  })

  test.each(['signal', 'close', 'end of its thread'])('what waits for a connection, by %s', async (by) => {
    await newTable()
    const isEnded = by === 'end of its thread'
    const { broker, executor } = run(isEnded ? { abortGraceMillis: 0 } : {})
    const held = await hold(broker)
    const cells = newCells()
    const stop = new AbortController()
    let closing: Promise<void> | undefined
    const onProgress = async (what: unknown) => {
      if (what === 'asks') {
        await untilWaiting(broker, 1)
        return letGo(cells)
      }
      if (by === 'close') closing = executor.close({ timeoutMillis: 0 })
      else stop.abort(reason)
      await until(() => executor.tasks().every(({ state }) => state !== 'running'), 'for the abort')
      await held.release()
      if (!isEnded) letGo(cells)
    }
    const error = await rejection(
      executor.run(cells, { name: 'waitsForConnection', signal: stop.signal, onProgress }),
    )
    expect(by === 'close' ? error.code : error).toBe(by === 'close' ? 'PGLEASE_EXECUTOR_CLOSED' : reason)
    await closing
    await expectNothingWritten(broker)
    expect(broker.stats().default).toMatchObject({ waiting: 0, revoked: 0, opened: 1 })
  })

  test('what waits for connections by the thousand', async () => {
    await newTable()
    const { broker, executor } = run()
    const held = await hold(broker)
    const cells = newCells()
    const stop = new AbortController()
    const onProgress = async (what: unknown) => {
      if (what === 'asks') await untilWaiting(broker, 2000)
      else {
        stop.abort(reason)
        await held.release()
      }
      letGo(cells)
    }
    const task = executor.run(cells, { name: 'waitsForMany', signal: stop.signal, onProgress })
    expect(await rejection(task)).toBe(reason)
    await expectNothingWritten(broker)
    expect(broker.stats().default).toMatchObject({ waiting: 0, leases: 1, opened: 1 })
  })

  test('the Sync of a cursor that writes, whose thread is ended', async () => {
    await newTable()
    const { broker, executor } = run({ abortGraceMillis: 0 })
    const stop = new AbortController()
    const onProgress = () => stop.abort(reason)
    const task = executor.run(undefined, { name: 'isEndedInCursor', signal: stop.signal, onProgress })
    expect(await rejection(task)).toBe(reason)
    await expectNothingWritten(broker)
  })
})

test('a task that is aborted when it has ended leaves its thread to the next', async () => {
  const { executor } = run()
  for (let time = 0; time < 20; time++) {
    const stop = new AbortController()
    const onProgress = () => stop.abort(reason)
    const ended = executor.run(undefined, { name: 'reportsAtItsEnd', signal: stop.signal, onProgress })
    const next = executor.run(undefined, { name: 'asks' })
    await ended.catch((error) => expect(error).toBe(reason))
    expect(await next).toEqual([{ one: 1 }])
    expect(await executor.run(undefined, { name: 'asks' })).toEqual([{ one: 1 }])
  }
})

test('what a cursor has written that is read to its end stays', async () => {
  await newTable()
  const { broker, executor } = sides()
  const input = { cells: newCells(), way: 'the first read of a cursor' as never }
  const onProgress = () => letGo(input.cells)
  await executor.run(input, { name: 'sendsOn', onProgress })
  await untilQuiet(broker)
  expect(await rowsWritten()).toBe(300)
})

describe('nobody is told to end a transaction', () => {
  test.each(['endsByHand', 'swallows'] as const)('whose task was aborted: it %s', async (name) => {
    await newTable()
    const { broker, executor, warnings } = run()
    const cells = newCells()
    const stop = new AbortController()
    const onProgress = () => {
      stop.abort(reason)
      letGo(cells)
    }
    expect(await rejection(executor.run(cells, { name, signal: stop.signal, onProgress }))).toBe(reason)
    await expectNothingWritten(broker)
    expect(warnings).toEqual([])
  })

  test('who has left that to withTransaction', async () => {
    const { broker, executor, warnings } = run()
    const error = await rejection(executor.run(undefined, { name: 'failsMeanwhile' }))
    expect(error).toMatchObject({ message: 'mine' })
    await untilQuiet(broker)
    expect(warnings).toEqual([])
    expect(broker.stats().default).toMatchObject({ rollbacks: 1 })
  })
})

test.each(['db', 'a lease of its own'])(
  'a transaction on %s is not tried again behind an abort',
  async (on) => {
    const { executor } = run()
    const cells = newCells()
    const stop = new AbortController()
    const told: unknown[] = []
    const onProgress = (what: unknown) => {
      told.push(what)
      stop.abort(reason)
      letGo(cells)
    }
    const input = { cells, on: on as never }
    expect(
      await rejection(executor.run(input, { name: 'triesAgain', signal: stop.signal, onProgress })),
    ).toBe(reason)
    expect(told).toEqual(['computes', { tries: 1 }])
  },
)
