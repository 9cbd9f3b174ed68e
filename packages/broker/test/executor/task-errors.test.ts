import { ConfigurationError, LeaseTimeoutError, PgleaseError, UnknownDatabaseError } from '@pglease/client'
import pg from 'pg'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { ConnectionBroker, SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/failures.js')

const database = await createTestDatabase()
const lending = new Lending(database)

/** Runs SQL on a connection of its own. Resolves with the error, if there is one. */
async function directly(sql: string): Promise<unknown> {
  const client = new pg.Client(database.connectionString)
  await client.connect()
  const outcome = await client.query(sql).catch((error) => error)
  await client.end()
  return outcome
}

beforeAll(() =>
  directly(`
    CREATE TABLE parents (id int CONSTRAINT is_small CHECK (id < 1), parent int);
    CREATE FUNCTION fails() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'Not today' USING ERRCODE = 'PG001', DETAIL = 'The detail', HINT = 'The hint',
        COLUMN = 'a column', CONSTRAINT = 'a constraint', DATATYPE = 'a type', TABLE = 'a table', SCHEMA = 'a schema';
    END $$`),
)

let broker: ConnectionBroker
let executor: SharedPoolExecutor<Tasks>

beforeEach(() => {
  broker = lending.broker({ max: 1 })
  executor = lending.executor<Tasks>(broker, 'failures.js')
})

/** What the caller of a task gets. */
async function failure(how: string, values: object = {}): Promise<Error> {
  return executor.run({ how, ...values }, { name: 'fails' }).then(
    () => expect.unreachable(),
    (error) => error,
  )
}

test.each([
  ['in SQL', 'SELECT * FROM nowhere'],
  ['by a constraint', 'INSERT INTO parents VALUES (1, 1)'],
  ['in a function', 'SELECT fails()'],
])("a failure %s has all its fields, in the thread and at the task's caller", async (how, sql) => {
  const direct = (await directly(sql)) as pg.DatabaseError
  const seen = await executor.run({ how, as: 'DatabaseError' }, { name: 'sees' })
  expect(seen).toEqual({ isOfClass: true, message: direct.message, fields: { ...direct } })
  const error = await failure(how)
  expect(error).toBeInstanceOf(pg.DatabaseError)
  expect(error.message).toBe(direct.message)
  expect({ ...error }).toEqual({ ...direct })
  expect(error.stack).toContain('failures.js')
})

test('a lease on an unknown database fails with its name, in the thread and at the caller', async () => {
  const how = 'on an unknown database'
  const seen = await executor.run({ how, as: 'UnknownDatabaseError' }, { name: 'sees' })
  const error = await failure(how)
  expect(error).toBeInstanceOf(UnknownDatabaseError)
  expect(seen).toEqual({ isOfClass: true, message: error.message, fields: { ...error } })
  expect({ ...error }).toEqual({
    name: 'UnknownDatabaseError',
    code: 'PGLEASE_UNKNOWN_DATABASE',
    retryable: false,
    database: 'nowhere',
  })
})

test('a lease that does not come in time fails with who has the connections', async () => {
  await broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    const seen = await executor.run({ how: 'waiting for a lease', as: 'LeaseTimeoutError' }, { name: 'sees' })
    const error = await failure('waiting for a lease')
    expect(error).toBeInstanceOf(LeaseTimeoutError)
    const fields = {
      name: 'LeaseTimeoutError',
      code: 'PGLEASE_LEASE_TIMEOUT',
      retryable: true,
      database: 'default',
      limit: 1,
      waitedMillis: expect.any(Number),
      holders: [expect.stringContaining('the main thread')],
    }
    expect(seen).toMatchObject({ isOfClass: true, fields })
    expect(error).toMatchObject(fields)
  })
})

test('a lease with a wrong option fails with the option', async () => {
  const error = await failure('with a wrong option')
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error).toMatchObject({
    code: 'PGLEASE_CONFIGURATION',
    option: 'lease.isolationLevel',
    value: 'chaos',
  })
  const seen = await executor.run({ how: 'with a wrong option', as: 'PgleaseError' }, { name: 'sees' })
  expect(seen).toMatchObject({ isOfClass: true, message: error.message })
})

test("an error of the task's own arrives with its name, fields and causes", async () => {
  const error = await failure('with an error of its own')
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(PgleaseError)
  expect(error).toMatchObject({ name: 'QuotaError', message: 'Over the quota of 3', limit: 3 })
  expect(error.cause).toBeInstanceOf(TypeError)
  expect(error.cause).toMatchObject({ message: 'The reason', cause: { number: 42 } })
  expect(error.stack).toContain('failures.js')
})

test('the error of a query that is the cause of another keeps its class and fields', async () => {
  const error = await failure('with the error of a query as its cause')
  expect(error.message).toBe('Cannot divide')
  expect(error.cause).toBeInstanceOf(pg.DatabaseError)
  expect(error.cause).toMatchObject({ code: '22012', message: 'division by zero', severity: 'ERROR' })
})

test('an AggregateError arrives with all its errors', async () => {
  const error = (await failure('in all of several')) as AggregateError
  expect(error).toBeInstanceOf(AggregateError)
  expect(error.errors).toHaveLength(2)
  expect(error.errors[0]).toBeInstanceOf(pg.DatabaseError)
  expect(error.errors[0]).toMatchObject({ code: '22012' })
  expect(error.errors[1]).toBeInstanceOf(RangeError)
})

test('whatever a task throws is what its caller catches', async () => {
  for (const thrown of [undefined, null, 0, '', 'a reason', { status: 404 }, [1, 2]])
    expect(await failure('with what is thrown', { thrown })).toEqual(thrown)
})

test('an error of the caller on the main thread has the same fields', async () => {
  const failing = broker.withConnection((client) => client.query('SELECT fails()'))
  const error = await failing.catch((each: Error) => each)
  const direct = (await directly('SELECT fails()')) as Error
  expect(error).toBeInstanceOf(pg.DatabaseError)
  expect({ ...error }).toEqual({ ...direct })
  await expect(
    broker.withConnection((client) => client.query('SELECT 1'), { database: 'nowhere' }),
  ).rejects.toThrow(UnknownDatabaseError)
})
