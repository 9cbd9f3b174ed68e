import { isRetryable, type LeasedClient, LeaseLostError, type PgleaseError } from '@pglease/client'
import Cursor from 'pg-cursor'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'
import { lock } from '../../support/lock.js'
import { until } from '../../support/until.js'
import { untilRunning } from '../../support/until-running.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** What a promise rejects with. */
const reasonOf = (promise: Promise<unknown>): Promise<PgleaseError & { cause?: { code?: string } }> =>
  promise.then(
    () => Promise.reject(new Error('It did not reject')),
    (error) => error,
  )

/** Ends the session of this server process from outside. */
const end = (processId: number) => database.admin.query('SELECT pg_terminate_backend($1)', [processId])

const PID = 'SELECT pg_backend_pid() AS pid'
const pidOf = async (client: LeasedClient): Promise<number> => (await client.query(PID)).rows[0].pid

describe('a session that the server ends is a lost lease, and its last word the cause', () => {
  test.each<[string, string, (client: LeasedClient) => Promise<unknown>]>([
    [
      'in the middle of a query',
      '57P01',
      (client) => client.query('SELECT pg_terminate_backend(pg_backend_pid())'),
    ],
    [
      'for being idle',
      '57P05',
      async (client) => {
        await client.query("SET idle_session_timeout = '1ms'")
        await until(() => client.isOver, 'for the loss')
        return client.query('SELECT 1')
      },
    ],
    [
      'for being idle in a transaction',
      '25P03',
      async (client) => {
        await client.query("SET idle_in_transaction_session_timeout = '1ms'; BEGIN")
        await until(() => client.isOver, 'for the loss')
        return client.query('SELECT 1')
      },
    ],
    [
      'in a pipeline',
      '57P01',
      (client) => {
        const sent = [1, 2, 3].map(() => client.query('SELECT pg_terminate_backend(pg_backend_pid())'))
        for (const each of sent) each.catch(() => {})
        return sent[2]!
      },
    ],
  ])('%s', async (_, code, use) => {
    const broker = lending.broker({ max: 1 })
    const error = await reasonOf(
      broker.withConnection(async (client) => {
        await client.query('SELECT 1')
        return use(client)
      }),
    )
    expect(error).toBeInstanceOf(LeaseLostError)
    expect(codesOf(error)).toContain(code)
    expect(await broker.withConnection((client) => client.query('SELECT 1'))).toMatchObject({ rowCount: 1 })
  })

  test('whichever of the query and the end comes first', async () => {
    const broker = lending.broker({ max: 1 })
    for (let round = 0; round < 30; round++) {
      const error = await reasonOf(
        broker.withConnection(async (client) => {
          const ended = end(await pidOf(client))
          if (round % 3 === 0) await ended
          for (let turns = 0; turns < round; turns++) await new Promise(setImmediate)
          for (;;) await client.query('SELECT 1')
        }),
      )
      expect(error.name).toBe('LeaseLostError')
    }
  })

  test('also for who listens', async () => {
    const broker = lending.broker({ max: 1 })
    const heard: unknown[] = []
    await broker.withConnection(async (client) => {
      client.on('error', (error) => heard.push(error))
      await end(await pidOf(client))
      await until(() => client.isOver, 'for the loss')
    })
    expect(heard).toEqual([expect.objectContaining({ code: 'PGLEASE_LEASE_LOST' })])
  })
})

/** The codes of an error and its causes. */
function codesOf(error: unknown): unknown[] {
  return error instanceof Error ? [(error as { code?: unknown }).code, ...codesOf(error.cause)] : []
}

describe('a lease that is lost can be tried again', () => {
  const KEY = 1
  let held: Awaited<ReturnType<typeof lock>>

  beforeEach(async () => {
    held = await lock(database, KEY)
  })
  afterEach(() => held.release())

  /** Loses the lease while its last statement waits for a lock. */
  async function lose(...statements: string[]) {
    const broker = lending.broker({ max: 1 })
    await broker.withConnection((client) =>
      client.query(`
        CREATE TABLE written (value int);
        CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(${KEY}); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER waits AFTER UPDATE ON written DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION waits();
        INSERT INTO written VALUES (1)`),
    )
    try {
      let pid = 0
      const lost = reasonOf(
        broker.withConnection(async (client) => {
          pid = await pidOf(client)
          for (const statement of statements) await client.query(statement)
        }),
      )
      await untilRunning(database, statements.at(-1)!)
      await end(pid)
      const { code, retryable, outcome } = await lost
      const error = { code, retryable, outcome }
      expect(error.code).toBe('PGLEASE_LEASE_LOST')
      expect(isRetryable(error)).toBe(retryable)
      return error
    } finally {
      await broker.withConnection((client) => client.query('DROP TABLE written; DROP FUNCTION waits'))
    }
  }

  const WAIT = `SELECT pg_advisory_xact_lock(${KEY})`

  test.each<[string, string[]]>([
    ['in the middle of a read', [WAIT]],
    ['in the middle of a transaction', ['BEGIN', 'INSERT INTO written VALUES (2)', WAIT]],
    [
      'in the middle of a write in a transaction',
      ['BEGIN', `INSERT INTO written ${WAIT.replace('SELECT', 'SELECT 1 FROM')}`],
    ],
  ])('%s', async (_, statements) => {
    expect(await lose(...statements)).toMatchObject({ retryable: true })
  })

  test.each<[string, string[]]>([
    ['a write outside of a transaction', ['UPDATE written SET value = 2']],
    ['a commit', ['BEGIN', 'UPDATE written SET value = 2', 'COMMIT']],
  ])('but not in the middle of %s', async (_, statements) => {
    expect(await lose(...statements)).toMatchObject({ retryable: false, outcome: 'unknown' })
  })
})

test('of a first statement that is cut off unanswered nobody knows what became', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
  const executor = lending.executor(broker, 'manners/basics.js')
  const text = 'CREATE TABLE cut_off AS SELECT 1 FROM pg_sleep(3600)'
  const lost = reasonOf(executor.run(text, { name: 'runs' }))
  await untilRunning(database, text)
  proxy.cut()
  expect(await lost).toMatchObject({ code: 'PGLEASE_LEASE_LOST', retryable: false, outcome: 'unknown' })
  // It sleeps on, and sees no cut.
  await database.terminateConnections()
})

test.each(['after the loss', 'before it'])(
  'the close of a cursor that is asked for %s comes to an end',
  async (when) => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
    await broker.withConnection(async (client) => {
      const cursor = client.query(new Cursor('SELECT generate_series(1, 9)'))
      expect(await cursor.read(1)).toHaveLength(1)
      proxy.hold('toClient')
      const early = when === 'before it' ? cursor.close() : undefined
      proxy.cut()
      await until(() => client.isOver, 'for the loss')
      await (early ?? cursor.close())
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'PGLEASE_LEASE_LOST' })
    })
  },
)
