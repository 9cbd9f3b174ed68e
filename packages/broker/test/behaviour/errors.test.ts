import { ERROR_CLASSES, NotAttachedError, PgleaseError, withConnection } from '@pglease/client'
import { fromWire, toWire } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold, processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { describeError } from '../tasks/manners/describe-error.js'

type Tasks = typeof import('../tasks/manners/failures.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** Code, and whether a retry can help: never to be changed. */
const FAMILY: Record<string, [string, boolean]> = {
  ConfigurationError: ['PGLEASE_CONFIGURATION', false],
  UnknownDatabaseError: ['PGLEASE_UNKNOWN_DATABASE', false],
  LeaseTimeoutError: ['PGLEASE_LEASE_TIMEOUT', true],
  QueueFullError: ['PGLEASE_QUEUE_FULL', true],
  ConnectError: ['PGLEASE_CONNECT', false],
  LeaseReleasedError: ['PGLEASE_LEASE_RELEASED', false],
  LeaseRevokedError: ['PGLEASE_LEASE_REVOKED', true],
  LeaseLostError: ['PGLEASE_LEASE_LOST', true],
  BrokerClosedError: ['PGLEASE_BROKER_CLOSED', false],
  NotAttachedError: ['PGLEASE_NOT_ATTACHED', false],
  ForbiddenCallError: ['PGLEASE_FORBIDDEN_CALL', false],
  ExecutorClosedError: ['PGLEASE_EXECUTOR_CLOSED', false],
  UnknownTaskError: ['PGLEASE_UNKNOWN_TASK', false],
  ThreadEndedError: ['PGLEASE_THREAD_ENDED', false],
  TaskTimeoutError: ['PGLEASE_TASK_TIMEOUT', false],
  TransactionError: ['PGLEASE_TRANSACTION', false],
  ProtocolError: ['PGLEASE_PROTOCOL', false],
}

test('the codes are stable, and say whether a retry can help', () => {
  const family = ERROR_CLASSES.map((Class) => {
    const { code, retryable } = new Class('')
    return [Class.name, [code, retryable]]
  })
  expect(Object.fromEntries(family)).toEqual(FAMILY)
})

test.each(ERROR_CLASSES.map((Class) => [Class.name, Class] as const))(
  'a %s has the same class and fields on the other side of a port',
  (name, Class) => {
    const fields = {
      database: 'default',
      option: 'databases.default.max',
      value: { deep: ['value'] },
      limit: 4,
      waitedMillis: 12,
      holders: ['task planTour on thread 3 for 7 ms'],
      cause: Object.assign(new Error('why'), { code: 'ECONNREFUSED' }),
    }
    const error = new Class('what happened', fields)
    const revived = fromWire(structuredClone(toWire(error))) as PgleaseError
    expect(revived).toBeInstanceOf(Class)
    expect(revived).toBeInstanceOf(PgleaseError)
    expect(describeError(revived)).toEqual(describeError(error))
    expect(revived).toMatchObject({
      name,
      message: 'what happened',
      ...fields,
      cause: { code: 'ECONNREFUSED' },
    })
    expect(revived.stack).toBe(error.stack)
  },
)

describe('an error of the broker is the same in the task and for its caller', () => {
  let broker: ConnectionBroker
  let held: Awaited<ReturnType<typeof hold>>[]

  async function start() {
    const { href } = Object.assign(new URL(database.connectionString), { password: 'wrong' })
    broker = lending.broker(
      {},
      {
        replica: {},
        busy: { max: 1 },
        full: { max: 1, maxWaiting: 0 },
        brief: { maxLeaseMillis: 20 },
        refused: { connectionString: href },
      },
    )
    held = [await hold(broker, { database: 'busy' }), await hold(broker, { database: 'full' })]
    lending.closeAfterTest(() => Promise.all(held.map((each) => each.release().catch(() => {}))))
  }

  /** Runs a task that fails: its caller gets the error as its thread saw it. */
  async function fail(how: string) {
    const executor = lending.executor<Tasks>(broker, 'manners/failures.js')
    const seen: unknown[] = []
    const error = await executor
      .run(how, {
        name: 'fails',
        onProgress: (progress: { seen: unknown }) => seen.push(progress.seen),
      })
      .catch((error: unknown) => error)
    expect(seen).toEqual([describeError(error)])
    return error
  }

  const holders = [expect.stringMatching(/^the main thread for \d+ ms$/)]

  test.each<[string, object]>([
    ['ConfigurationError', { database: 'default', option: 'lease.isolationLevel', value: 'snapshot' }],
    ['UnknownDatabaseError', { database: 'nothing' }],
    ['LeaseTimeoutError', { database: 'busy', limit: 1, waitedMillis: expect.any(Number), holders }],
    ['QueueFullError', { database: 'full', limit: 0, holders }],
    [
      'ConnectError',
      { database: 'refused', cause: expect.objectContaining({ code: '28P01', severity: 'FATAL' }) },
    ],
    ['LeaseReleasedError', { database: 'default' }],
    ['LeaseRevokedError', { database: 'brief', limit: 20 }],
    ['LeaseLostError', { database: 'default', cause: expect.any(Error) }],
    ['ProtocolError', {}],
  ])('%s', async (name, fields) => {
    await start()
    const error = await fail(name)
    const [code, retryable] = FAMILY[name]!
    expect(error).toMatchObject({ name, code, retryable, ...fields })
    expect((error as Error).constructor.name).toBe(name)
  })

  test('a DatabaseError of the server, with all its fields', async () => {
    await start()
    expect(await fail('a violated constraint')).toMatchObject({
      code: '23514',
      constraint: 'positive',
      table: 't',
      severity: 'ERROR',
      detail: expect.stringMatching('-1'),
      routine: 'ExecConstraints',
    })
  })
})

describe('an error of the executor', () => {
  const start = (options = {}) => lending.executor<Tasks>(lending.broker(), 'manners/failures.js', options)

  test('UnknownTaskError, for a function or a module that is not there', async () => {
    await expect(start().run(1, { name: 'echos' as 'echoes' })).rejects.toMatchObject({
      name: 'UnknownTaskError',
      code: 'PGLEASE_UNKNOWN_TASK',
      retryable: false,
      value: 'echos',
    })
    const executor = lending.executor<Tasks>(lending.broker(), 'manners/nowhere.js')
    await expect(executor.run(1, { name: 'echoes' })).rejects.toMatchObject({
      name: 'UnknownTaskError',
      value: expect.stringMatching(/nowhere\.js$/),
      cause: { code: 'ERR_MODULE_NOT_FOUND' },
    })
  })

  test('ThreadEndedError, for a thread that ends in the middle of a task', async () => {
    await expect(start().run(undefined, { name: 'exits' })).rejects.toMatchObject({
      name: 'ThreadEndedError',
      code: 'PGLEASE_THREAD_ENDED',
      retryable: false,
    })
  })

  test('QueueFullError, for one task more than may wait', async () => {
    const executor = start({ maxQueue: 1 })
    const tasks = [executor.run(1, { name: 'echoes' }), executor.run(2, { name: 'echoes' })]
    await expect(executor.run(3, { name: 'echoes' })).rejects.toMatchObject({
      name: 'QueueFullError',
      code: 'PGLEASE_QUEUE_FULL',
      retryable: true,
      limit: 1,
    })
    expect(await Promise.all(tasks)).toEqual([1, 2])
  })
})

describe('the main thread', () => {
  test('has no broker for the functions of a worker, and is told which to use', async () => {
    const refused = expect(withConnection((client) => client.query('SELECT 1'))).rejects
    await refused.toBeInstanceOf(NotAttachedError)
    await expect(withConnection(() => 1)).rejects.toMatchObject({
      code: 'PGLEASE_NOT_ATTACHED',
      message: expect.stringMatching(/broker\.withConnection\(\) or broker\.pool\(\)/),
    })
  })

  test('gets a lease of its own with the errors of a worker’s', async () => {
    const broker = lending.broker()
    await expect(processId(broker, { database: 'nothing' })).rejects.toMatchObject({
      name: 'UnknownDatabaseError',
      code: 'PGLEASE_UNKNOWN_DATABASE',
      database: 'nothing',
    })
  })
})
