import { describe, expect, test } from 'vitest'
import { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { hold, processId, untilWaiting, warm } from '../../support/hold.js'
import { Lending } from '../../support/lending.js'
import { RawThread } from '../../support/raw-thread.js'
import { gate, until } from '../../support/until.js'

type Aborted = typeof import('../../tasks/manners/aborted.js')
type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** Whether the connection of a thread that ends in a query is kept: not where the thread has its socket. */

const CLOSED = { name: 'BrokerClosedError', code: 'PGLEASE_BROKER_CLOSED', retryable: false }

test('a broker that was never used closes', async () => {
  const broker = lending.broker()
  expect(broker.state).toBe('open')
  await broker.close()
  expect(broker.state).toBe('closed')
})

test('no connection is open once the close is done, as the server sees it', async () => {
  const broker = lending.broker({ max: 3, min: 2 })
  await broker.ready()
  await warm(broker, 3)
  await broker.close()
  expect(await database.serverConnections()).toBe(0)
  expect(broker.stats().default).toMatchObject({ total: 0, opened: 3, closed: { closed: 3 } })
})

test('holders finish, those who wait are refused, and so is whoever comes', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  await executor.run(undefined, { name: 'processId' })
  const done = gate()
  const holder = broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    await done
    return (await client.query('SELECT 2 AS two')).rows[0]
  })
  await until(() => broker.stats().default!.leased === 1, 'for the holder')
  const waiter = processId(broker)
  await untilWaiting(broker, 1)
  const closing = broker.close({ timeoutMillis: 60_000 })
  expect(broker.state).toBe('closing')
  await expect(waiter).rejects.toMatchObject({ ...CLOSED, database: 'default' })
  await expect(processId(broker)).rejects.toMatchObject({ ...CLOSED, message: 'The broker is closing.' })
  await expect(executor.run(undefined, { name: 'processId' })).rejects.toMatchObject(CLOSED)
  await expect(broker.ready()).rejects.toMatchObject(CLOSED)
  expect(() => broker.attach({} as never)).toThrow(expect.objectContaining(CLOSED))
  expect(broker.stats().default!.leased).toBe(1)
  done.open()
  expect(await holder).toEqual({ two: 2 })
  await closing
  expect(broker.stats().default).toMatchObject({ total: 0, revoked: 0, refused: 2 })
  await expect(processId(broker)).rejects.toMatchObject({ ...CLOSED, message: 'The broker is closed.' })
})

test('after the timeout the queries of holders are cancelled, and they are told why', async () => {
  const broker = lending.broker({ max: 2 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const task = executor.run('SELECT pg_sleep(3600)', { name: 'runs' })
  await until(() => broker.stats().default!.leased === 1, 'for the task')
  const closing = broker.close({ timeoutMillis: 20 })
  await expect(task).rejects.toMatchObject({
    ...CLOSED,
    database: 'default',
    limit: 20,
    message: 'The broker closed, and the lease on "default" was not released within 20 ms.',
  })
  await closing
  expect(await database.serverConnections()).toBe(0)
  expect(broker.stats().default).toMatchObject({ revoked: 1, cancels: 1, closed: { closed: 1, unclean: 0 } })
})

test('what became of a statement that may write is unknown after the timeout', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const text = 'CREATE TABLE slowly AS SELECT 1 FROM pg_sleep(3600)'
  const task = executor.run(text, { name: 'runs' })
  await until(() => broker.stats().default!.leased === 1, 'for the task')
  const closing = broker.close({ timeoutMillis: 20 })
  await expect(task).rejects.toMatchObject({ ...CLOSED, outcome: 'unknown' })
  await closing
})

test('a thread that has said hello, and was not heard, is told that the broker has closed', async () => {
  const broker = lending.broker()
  const thread = new RawThread(broker)
  const answer = thread.call('hello')
  await broker.close()
  expect((await answer).error).toMatchObject(CLOSED)
  await thread.closed
})

test('a holder that does nothing is not waited for after the timeout', async () => {
  const broker = lending.broker()
  const held = await hold(broker)
  await broker.close({ timeoutMillis: 0 })
  expect(await database.serverConnections()).toBe(0)
  await held.release()
})

test('several calls are one close', async () => {
  const broker = lending.broker()
  await processId(broker)
  const first = broker.close()
  expect(broker.close({ timeoutMillis: 1 })).toBe(first)
  await first
  expect(broker.close()).toBe(first)
  expect(broker.state).toBe('closed')
})

test('await using closes it at the end of the block', async () => {
  let kept: ConnectionBroker
  {
    await using broker = new ConnectionBroker({
      databases: { default: { connectionString: database.connectionString } },
    })
    kept = broker
    await processId(broker)
  }
  expect(kept.state).toBe('closed')
  expect(await database.serverConnections()).toBe(0)
})

test('all databases of a broker are closed', async () => {
  const broker = lending.broker({ min: 1 }, { replica: { min: 2 } })
  await broker.ready()
  await broker.close()
  expect(await database.serverConnections()).toBe(0)
  expect(broker.stats()).toMatchObject({
    default: { closed: { closed: 1 } },
    replica: { closed: { closed: 2 } },
  })
})

test('an executor that closes refuses new tasks and lets those that it has finish', async () => {
  const broker = lending.broker()
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const running = executor.run(undefined, { name: 'processId' })
  const queued = executor.run(3, { name: 'echoes' })
  const closing = executor.close()
  expect(executor.close()).toBe(closing)
  await expect(executor.run(4, { name: 'echoes' })).rejects.toMatchObject({ code: 'PGLEASE_EXECUTOR_CLOSED' })
  expect(await running).toBeTypeOf('number')
  expect(await queued).toBe(3)
  await closing
  await expect(executor.run(4, { name: 'echoes' })).rejects.toMatchObject({ code: 'PGLEASE_EXECUTOR_CLOSED' })
})

/** Those that are left when an executor closes with a timeout. */
const LEFT = { status: 'rejected', reason: { code: 'PGLEASE_EXECUTOR_CLOSED', retryable: false } }

describe('an executor that closes with a timeout', () => {
  test('cancels the queries of what is left, and its leases come back', async () => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { abortGraceMillis: 60_000 })
    const running = executor.run('SELECT pg_sleep(3600)', { name: 'runs' })
    const queued = executor.run(3, { name: 'echoes' })
    await until(() => broker.stats().default!.leased === 1, 'for the task')
    const outcomes = Promise.allSettled([running, queued])
    await executor.close({ timeoutMillis: 10 })
    expect(await outcomes).toMatchObject([LEFT, LEFT])
    expect(await processId(broker)).toBeTypeOf('number')
    expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
  })

  test.each(['waitsForStop', 'computesUntilStop'] as const)(
    'asks a task that %s to end, though its caller gave no signal, and waits for its end',
    async (name) => {
      const broker = lending.broker()
      const executor = lending.executor<Aborted>(broker, 'manners/aborted.js', { abortGraceMillis: 60_000 })
      const cells = new Int32Array(new SharedArrayBuffer(8))
      const outcome = Promise.allSettled([executor.run(cells, { name })])
      await until(() => cells[0] === 1, 'for it to begin')
      await executor.close({ timeoutMillis: 0 })
      expect(await outcome).toMatchObject([LEFT])
      expect(cells[1]).toBe(1)
    },
  )

  test('ends the thread of one that does not, when the grace is over', async () => {
    const broker = lending.broker({ max: 1 })
    const executor = lending.executor<Aborted>(broker, 'manners/aborted.js', { abortGraceMillis: 10 })
    const begun = new Int32Array(new SharedArrayBuffer(4))
    const outcome = Promise.allSettled([executor.run(begun, { name: 'neverReturns' })])
    await until(() => begun[0] === 1, 'for it to begin')
    await executor.close({ timeoutMillis: 0 })
    expect(await outcome).toMatchObject([LEFT])
  })
})
