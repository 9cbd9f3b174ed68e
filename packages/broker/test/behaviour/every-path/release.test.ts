import type { LeasedClient } from '@pglease/client'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { processId } from '../../support/hold.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'
import { warningsOf } from '../../support/warnings.js'

type Tasks = typeof import('../../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const RELEASED = {
  name: 'LeaseReleasedError',
  code: 'PGLEASE_LEASE_RELEASED',
  retryable: false,
  database: 'default',
}

/** A client whose lease has been used and released. */
const releasedClient = (broker: ConnectionBroker): Promise<LeasedClient> =>
  broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    client.release()
    return client
  })

const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('a second release is refused, and does nothing', async () => {
  const broker = lending.broker({ max: 1 })
  const client = await releasedClient(broker)
  expect(thrown(() => client.release())).toMatchObject(RELEASED)
  expect(thrown(() => client.release({ destroy: true }))).toMatchObject(RELEASED)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ idle: 1, closed: { destroyed: 0 } })
})

test('a client is told to be over after its release', async () => {
  const broker = lending.broker()
  const seen = await broker.withConnection(async (client) => {
    const before = client.isOver
    client.release()
    return [before, client.isOver]
  })
  expect(seen).toEqual([false, true])
})

describe('after the release a client refuses', () => {
  /** What each way of using a client gives when it fails. */
  const ways: Record<string, (client: LeasedClient) => Promise<unknown>> = {
    'a query with a promise': (client) => client.query('SELECT 1'),
    'a query with values and a promise': (client) => client.query('SELECT $1::int', [1]),
    'a query by its configuration': (client) => client.query({ text: 'SELECT 1', name: 'one' }),
    'a query with a callback': (client) =>
      new Promise((resolve, reject) =>
        client.query('SELECT 1', (error) => (error ? reject(error) : resolve(0))),
      ),
    'a query with values and a callback': (client) =>
      new Promise((resolve, reject) =>
        client.query('SELECT $1::int', [1], (error) => (error ? reject(error) : resolve(0))),
      ),
    'a submitted query': (client) =>
      new Promise((resolve, reject) =>
        client.query(new pg.Query('SELECT 1')).on('error', reject).on('end', resolve),
      ),
    'a submittable of another library': (client) =>
      new Promise((resolve, reject) =>
        client.query({ submit: resolve, handleError: reject } as unknown as pg.Submittable),
      ),
    'a connect with a promise': (client) => client.connect(),
    'a connect with a callback': (client) =>
      new Promise((resolve, reject) =>
        client.connect((error?: Error) => (error ? reject(error) : resolve(0))),
      ),
  }

  test.each(Object.entries(ways))('%s', async (_, use) => {
    const broker = lending.broker({ max: 1 })
    await expect(use(await releasedClient(broker))).rejects.toMatchObject(RELEASED)
    expect(broker.stats().default!.leases).toBe(1)
  })

  test.each(Object.entries(ways))('%s, also when it was never used', async (_, use) => {
    const broker = lending.broker({ max: 1 })
    const client = await broker.withConnection((client) => client)
    await expect(use(client)).rejects.toMatchObject(RELEASED)
    expect(broker.stats().default!.leases).toBe(0)
  })

  test('nothing that ends it: end and cancel are harmless', async () => {
    const broker = lending.broker({ max: 1 })
    const client = await releasedClient(broker)
    client.cancelQuery()
    await client.end()
    await new Promise<void>((resolve) => client.end(() => resolve()))
    expect(broker.stats().default).toMatchObject({ cancels: 0, leases: 1 })
  })
})

test('a release with a query under way rejects it and those behind it, and stops it on the server', async () => {
  const broker = lending.broker({ max: 1 })
  const before = await processId(broker)
  const queries = await broker.withConnection(async (client) => {
    const started = [client.query('SELECT pg_sleep(3600)'), client.query('SELECT 1')].map((query) =>
      query.catch((error) => error),
    )
    const isAsleep = async () => (await running()).length === 1
    await until(isAsleep, 'for the query to run')
    client.release()
    return Promise.all(started)
  })
  for (const error of queries) expect(error).toMatchObject(RELEASED)
  expect(await processId(broker)).toBe(before)
  // The reset behind the last lease may still run.
  expect((await running()).filter(({ query }) => query !== 'DISCARD ALL')).toEqual([])
  expect(broker.stats().default).toMatchObject({ opened: 1, closed: { unclean: 0 }, cancels: 1 })
})

const running = async () =>
  (
    await database.admin.query(
      `SELECT query FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND backend_type = 'client backend'`,
      [database.name],
    )
  ).rows

/** Leases the connection of this process id and releases it so. */
const releasedWith = (broker: ConnectionBroker, option: Parameters<LeasedClient['release']>[0]) =>
  broker.withConnection(async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    client.release(option)
    return rows[0].pid as number
  })

test.each([
  ['{ destroy: true }', { destroy: true }],
  ['true', true],
  ['an error', new Error('do not trust it')],
])('a release with %s closes the connection', async (_, option) => {
  const broker = lending.broker({ max: 1 })
  const before = await releasedWith(broker, option)
  expect(await processId(broker)).not.toBe(before)
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 2, total: 1, closed: { destroyed: 1 } })
})

test.each([
  ['{ destroy: false }', { destroy: false }],
  ['false', false],
  ['nothing', undefined],
])('a release with %s keeps the connection', async (_, option) => {
  const broker = lending.broker({ max: 1 })
  const before = await releasedWith(broker, option)
  expect(await processId(broker)).toBe(before)
})

test('a release in an open transaction rolls it back, and a warning says whose it was', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const warnings = warningsOf(broker)
  // Its thread may begin the next lease without a word to the broker.
  await executor.run('SELECT 1', { name: 'runsNext' })
  await executor.run('BEGIN; CREATE TABLE half_done ()', { name: 'runs' })
  expect(await executor.run("SELECT to_regclass('half_done') AS found", { name: 'runsNext' })).toEqual({
    found: null,
  })
  await until(() => warnings.length === 1, 'for the warning')
  expect(warnings).toEqual([
    {
      code: 'PGLEASE_OPEN_TRANSACTION',
      message: expect.stringMatching(
        /^task runs on thread \d+ released a lease on "default" in an open transaction, which was rolled back\. End it with COMMIT or ROLLBACK, .*/,
      ),
      database: 'default',
      holder: expect.stringMatching(/^task runs on thread \d+$/),
      heldMillis: expect.any(Number),
      openedAt: undefined,
      count: 1,
    },
  ])
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ rollbacks: 1, resets: 3, leases: 3 })
})

test('who is aborted in an open transaction is not told to end it', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const warnings = warningsOf(broker)
  const ended = new AbortController()
  const aborted = executor.run('BEGIN; SELECT pg_sleep(60)', { name: 'runs', signal: ended.signal })
  await until(async () => (await running()).length === 1, 'for the query to run')
  ended.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  await expect(
    broker.withTransaction(
      async (client) => {
        await client.query('SELECT 1')
        ended.signal.throwIfAborted()
      },
      { signal: AbortSignal.timeout(60_000) },
    ),
  ).rejects.toThrow('enough')
  const between = new AbortController()
  await expect(
    broker.withConnection(
      async (client) => {
        await client.query('BEGIN')
        between.abort(new Error('enough as well'))
        await new Promise(setImmediate)
      },
      { signal: between.signal },
    ),
  ).rejects.toThrow('enough as well')
  // A warning would have come before this lease.
  expect(await processId(broker)).toBeGreaterThan(0)
  await untilQuiet(broker)
  expect(warnings).toEqual([])
})

test('nor is a task that has seen of itself that it is aborted', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const warnings = warningsOf(broker)
  const ended = new AbortController()
  const onProgress = () => ended.abort(new Error('enough'))
  await expect(
    executor.run('BEGIN', { name: 'computesBehind', signal: ended.signal, onProgress }),
  ).rejects.toThrow('enough')
  // A warning would have come before this lease.
  expect(await processId(broker)).toBeGreaterThan(0)
  await untilQuiet(broker)
  expect(warnings).toEqual([])
})

test('a release in a transaction that has failed rolls it back without a warning', async () => {
  const broker = lending.broker({ max: 1 })
  const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
  const warnings = warningsOf(broker)
  for (const text of ['BEGIN; SELECT 1/0', 'BEGIN; SAVEPOINT here; SELECT 1/0'])
    await expect(executor.run(text, { name: 'runs' })).rejects.toMatchObject({ code: '22012' })
  await expect(
    broker.withConnection(async (client) => {
      await client.query('BEGIN')
      await client.query('SELECT 1/0')
    }),
  ).rejects.toMatchObject({ code: '22012' })
  await untilQuiet(broker)
  expect(warnings).toEqual([])
  expect(broker.stats().default).toMatchObject({ rollbacks: 3 })
})

test('a lease that was lost says so at each use, and may still be released', async () => {
  const broker = lending.broker({ max: 1 })
  await broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    await database.terminateConnections()
    await until(() => client.isOver, 'for the loss')
    for (let use = 0; use < 2; use++) {
      await expect(client.query('SELECT 1')).rejects.toMatchObject({
        code: 'PGLEASE_LEASE_LOST',
      })
    }
    client.release()
    await expect(client.query('SELECT 1')).rejects.toMatchObject(RELEASED)
    expect(thrown(() => client.release())).toMatchObject(RELEASED)
  })
  await until(() => broker.stats().default!.total === 0, 'for the connection to be gone')
  const { closed } = broker.stats().default!
  // The server's last word may come before its end: then the session is of no known state.
  expect(closed.lost + closed.unclean).toBe(1)
})
