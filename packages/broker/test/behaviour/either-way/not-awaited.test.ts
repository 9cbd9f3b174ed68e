import { beforeEach, describe, expect, test } from 'vitest'
import type { DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { gate, until } from '../../support/until.js'
import { SLEEP, untilRunning } from '../../support/until-running.js'
import { warningsOf } from '../../support/warnings.js'

type Tasks = typeof import('../../tasks/manners/not-awaited.js')

const database = await createTestDatabase()
const lending = new Lending(database)

beforeEach(async () => {
  await lending
    .broker()
    .withConnection((client) =>
      client.query('DROP TABLE IF EXISTS written; CREATE TABLE written (value int)'),
    )
})

/** One thread, which is to live on whatever a task does not await. */
function start(options: DatabaseOptions = {}) {
  const broker = lending.broker({ max: 1, ...options }, { other: { max: 1 } })
  const executor = lending.executor<Tasks>(broker, 'manners/not-awaited.js')
  const warnings = warningsOf(broker)
  const written = async () => {
    const { rows } = await broker.withConnection((client) =>
      client.query('SELECT array_agg(value ORDER BY value) AS all FROM written'),
    )
    return rows[0].all
  }
  return { broker, executor, warnings, written }
}

/** Longer than any test. */
const WITHOUT_BOUND = { cancelTimeoutMillis: 2 ** 31 - 1 }

/** The thread of the tests before, and of the tests behind. */
const goOn = lending.renewed(() => start(WITHOUT_BOUND))

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

describe('a task is over when what it has sent is answered:', () => {
  test('a query at its end', async () => {
    const { executor, written } = await goOn()
    const threads = new Set<unknown>()
    for (const number of numbers(50)) {
      threads.add(await executor.run(number, { name: 'inserts' }))
      expect(await written()).toHaveLength(number + 1)
    }
    expect(threads.size).toBe(1)
  })

  test.each([
    ['queries behind it', 'insertsMany'],
    ['pipelined queries', 'insertsManyAtOnce'],
    ['queries that each wait for the one before', 'insertsOneAfterAnother'],
    ['queries of leases for a part of the task', 'insertsOnLeases'],
    ['a COPY whose data is complete', 'copies'],
  ] as const)('%s', async (_, name) => {
    const { executor, written } = await goOn()
    await executor.run(numbers(100), { name })
    expect(await written()).toEqual(numbers(100))
  })

  test('a query whose lease is still in the line', async () => {
    const { broker, executor, written } = await goOn()
    const held = await hold(broker)
    const task = executor.run(1, { name: 'inserts' })
    await untilWaiting(broker, 1)
    await held.release()
    await task
    expect(await written()).toEqual([1])
  })

  test('queries of clients that were released before', async () => {
    const { executor, written } = await goOn()
    await executor.run([numbers(2), [2], [3, 4]], { name: 'insertsAndReleases' })
    expect(await written()).toEqual(numbers(5))
  })
})

test('a released client refuses to go on, while what it has sent is answered', async () => {
  const { broker, written } = await goOn()
  const answer = gate()
  const codes = await broker.withConnection(async (client) => {
    void client.query('SELECT pg_sleep(0.01)').then(() => answer.open())
    void client.query('INSERT INTO written VALUES (1)')
    client.release()
    const code = await client.query('INSERT INTO written VALUES (2)').catch(({ code }) => code)
    await answer
    return [code, client.isOver]
  })
  expect(codes).toEqual(['PGLEASE_LEASE_RELEASED', true])
  expect(await written()).toEqual([1])
})

test.each([
  'a COPY in that has begun',
  'a COPY in that has not begun',
  'a COPY in behind a query',
  'a cursor',
  'a cursor of which nothing was read',
  'a stream of rows',
])('what only more input could end is ended at once: %s', async (what) => {
  const { counts, executor, written } = await goOn()
  const thread = await executor.run(undefined, { name: 'thread' })
  await executor.run(what, { name: 'leavesOpen' })
  expect(await written()).toEqual(what === 'a COPY in behind a query' ? [0] : null)
  expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
  expect(counts()).toMatchObject({ opened: 1 })
})

test('what is not answered within cancelTimeoutMillis is cancelled, and the thread and the connection live on', async () => {
  const { broker, executor } = start({ cancelTimeoutMillis: 500 })
  const thread = await executor.run(undefined, { name: 'thread' })
  const before = await processId(broker)
  expect(await executor.run(undefined, { name: 'sleeps' })).toBe('slept')
  expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
  expect(await processId(broker)).toBe(before)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
})

test('a query that is cut off says that its lease was released', async () => {
  const { broker } = start({ cancelTimeoutMillis: 500 })
  const error = await broker.withConnection(async (client) => {
    const query = client.query(SLEEP).catch((error) => error)
    client.release()
    return query
  })
  expect(error).toMatchObject({ code: 'PGLEASE_LEASE_RELEASED', limit: 500, database: 'default' })
})

describe('no thread ends for the queries that nobody awaits, when they are cancelled by', () => {
  test.each(['throwing', 'a release with an error', 'a release that destroys'])('%s', async (how) => {
    const { executor } = await goOn()
    const thread = await executor.run(undefined, { name: 'thread' })
    await executor.run(how, { name: 'endsBy' }).catch(({ message }) => expect(message).toBe('thrown'))
    expect(await executor.run(undefined, { name: 'leases' })).toBe(1)
    expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
  })

  test('the abort of a task that is over but for them', async () => {
    const { executor } = await goOn()
    const thread = await executor.run(undefined, { name: 'thread' })
    const abort = new AbortController()
    const task = executor.run(undefined, { name: 'sleeps', signal: abort.signal })
    await untilRunning(database)
    abort.abort(new Error('enough'))
    await expect(task).rejects.toThrow('enough')
    expect(await executor.run(undefined, { name: 'leases' })).toBe(1)
    expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
  })

  test('a revocation', async () => {
    const { broker, executor } = await goOn()
    const threads: unknown[] = []
    const task = executor.run(undefined, { name: 'isRevoked', onProgress: (thread) => threads.push(thread) })
    await untilRunning(database)
    await broker.recycle('default', { force: true })
    expect(await task).toBe('PGLEASE_LEASE_REVOKED')
    expect(threads).toEqual([await executor.run(undefined, { name: 'thread' })])
  })

  test.each([
    ['one after another', false, 'SELECT 1'],
    ['in a pipeline', true, 'SELECT 1'],
    ['in a pipeline, where it fails too', true, 'SELECT 2/0'],
  ])('the failure of the one before, %s', async (_, pipeline, text) => {
    const { executor } = await goOn()
    const thread = await executor.run(undefined, { name: 'thread' })
    for (const _round of numbers(20))
      await expect(executor.run({ pipeline, text }, { name: 'failsFirst' })).rejects.toMatchObject({
        code: '22012',
      })
    expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
  })
})

test('a task whose last answer is lost with its connection fails, and its thread lives on', async () => {
  const { executor } = await goOn()
  const thread = await executor.run(undefined, { name: 'thread' })
  const task = executor.run(undefined, { name: 'sleeps' })
  task.catch(() => {})
  await untilRunning(database)
  await database.terminateConnections()
  await expect(task).rejects.toMatchObject({ code: 'PGLEASE_LEASE_LOST' })
  expect(await executor.run(undefined, { name: 'thread' })).toBe(thread)
})

test('an abort while a function’s last answers are awaited rejects with its reason', async () => {
  const { broker } = await goOn()
  const abort = new AbortController()
  const over = broker.withConnection((client) => void client.query(SLEEP), { signal: abort.signal })
  over.catch(() => {})
  await untilRunning(database)
  abort.abort(new Error('enough'))
  await expect(over).rejects.toThrow('enough')
})

test('a query whose own time is over is waited for no longer', async () => {
  const { broker, executor, warnings } = start(WITHOUT_BOUND)
  expect(await executor.run(undefined, { name: 'timesOut' })).toBe('Query read timeout')
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
  expect(warnings).toEqual([])
})

describe('a warning', () => {
  test('names the task and the query, once for each lease', async () => {
    const { executor, warnings } = start()
    await executor.run(['SELECT\n  1', 'SELECT 2'], { name: 'saysTwo' })
    await until(() => warnings.length > 0, 'for the warning')
    expect(warnings).toEqual([
      {
        code: 'PGLEASE_QUERY_NOT_AWAITED',
        message: expect.stringMatching(
          /^task saysTwo on thread \d+ did not await a query on "default" .*: SELECT 1\nAwait it, or /,
        ),
        database: 'default',
        holder: expect.stringMatching(/^task saysTwo on thread \d+$/),
        heldMillis: expect.any(Number),
        openedAt: undefined,
        count: 1,
      },
    ])
  })

  test('also names the task that began its lease without the broker', async () => {
    const { executor, warnings } = start()
    for (const round of numbers(20)) {
      await executor.run(undefined, { name: 'leases' })
      await executor.run([`SELECT ${round}`], { name: 'saysTwo' })
      await until(() => warnings.length > round, 'for the warning')
    }
    for (const { message } of warnings) expect(message).toMatch(/^task saysTwo /)
  })

  test('shows no parameters, and the beginning of a long query only', async () => {
    const { executor, warnings } = start()
    await executor.run(`SELECT $1::text, '${'x'.repeat(100_000)}'`, { name: 'says' })
    await until(() => warnings.length > 0, 'for the warning')
    expect(warnings[0]!.message).toMatch(/: SELECT \$1::text, 'x{20,80}…$/m)
  })

  test('is not given where everything was awaited', async () => {
    const { broker, executor, warnings } = start()
    for (const _ of numbers(20)) await executor.run(undefined, { name: 'leases' })
    await broker.withConnection((client) => client.query('SELECT 1/0')).catch(() => {})
    await untilQuiet(broker)
    expect(warnings).toEqual([])
  })
})

test('an abort that cancels what a function has sent is told to its caller, also when the function has returned', async () => {
  const { broker } = await goOn()
  const stop = new AbortController()
  const reason = new Error('Aborted before it returned')
  const work = broker.withConnection(
    (client) => {
      void client.query(SLEEP)
      stop.abort(reason)
      return 'sent'
    },
    { signal: stop.signal },
  )
  await expect(work).rejects.toBe(reason)
})
