import { startPostgres } from '@pglease/postgres'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Backoff } from '../../src/pool/backoff.js'
import { createTestDatabase } from '../support/database.js'
import { processId } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import type { TcpProxy } from '../support/proxy.js'
import { gate, until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const database = await createTestDatabase()
const lending = new Lending(database)

describe('while the server is away', () => {
  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = await lending.proxy()
  })

  test('a caller gives up at its own timeout, with the original cause', async () => {
    const broker = lending.broker({ max: 3, connectionString: proxy.connectionString })
    proxy.refuse()
    const patient = processId(broker, { connectionTimeoutMillis: 0 }).catch(() => {})
    await until(() => broker.stats().default!.connectFailures > 0, 'for the server to be missed')
    const { code, port } = await processId(broker, { connectionTimeoutMillis: 10 }).catch((error) => {
      expect(error).toMatchObject({
        code: 'PGLEASE_LEASE_TIMEOUT',
        retryable: true,
        database: 'default',
        limit: 3,
        waitedMillis: expect.any(Number),
        holders: [],
      })
      expect(error.message).toMatch('no connection can be opened: connect ECONNREFUSED')
      return error.cause
    })
    expect({ code, port }).toEqual({
      code: 'ECONNREFUSED',
      port: Number(new URL(proxy.connectionString).port),
    })
    await broker.close()
    await patient
  })

  test('those who wait are served as soon as it is back', async () => {
    const broker = lending.broker({ max: 2, connectionString: proxy.connectionString })
    proxy.refuse()
    const pids = Promise.all([processId(broker), processId(broker), processId(broker)])
    await until(() => broker.stats().default!.connectFailures >= 4, 'for a second attempt of both')
    expect(broker.stats().default).toMatchObject({ total: 0, waiting: 3 })
    await proxy.accept()
    expect(new Set(await pids).size).toBeLessThanOrEqual(2)
  })

  test('a server that accepts and then says nothing is told of as such', async () => {
    const broker = lending.broker({ connectionString: proxy.connectionString })
    proxy.swallow()
    await expect(processId(broker, { connectionTimeoutMillis: 100 })).rejects.toMatchObject({
      code: 'PGLEASE_LEASE_TIMEOUT',
      message: expect.stringMatching(/1 is not connected yet/),
    })
  })

  test('a connection that falls silent while it is prepared holds no place for ever', async () => {
    const broker = lending.broker({
      max: 1,
      connectionString: proxy.connectionString,
      connectionTimeoutMillis: 100,
      onConnect: () => proxy.swallow(),
    })
    await expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT' })
    await until(() => broker.stats().default!.connectFailures > 0, 'for the attempt to end')
  })

  test('a close does not wait for a server that says nothing', async () => {
    const broker = lending.broker({ connectionString: proxy.connectionString, connectionTimeoutMillis: 0 })
    proxy.swallow()
    const vain = expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
    await until(() => proxy.accepted === 1, 'for the attempt')
    await broker.close()
    await vain
    expect(broker.stats().default).toMatchObject({ total: 0, opened: 0 })
  })

  test('a close does not wait for the next attempt', async () => {
    const broker = lending.broker({ min: 1, connectionString: proxy.connectionString })
    proxy.refuse()
    const vain = expect(processId(broker)).rejects.toMatchObject({ code: 'PGLEASE_BROKER_CLOSED' })
    await until(() => broker.stats().default!.connectFailures > 0, 'for the first attempt to fail')
    await broker.close()
    await vain
  })
})

describe('the back-off', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** How long the back-off holds back, by the clock of the test. */
  function wait(backoff: Backoff): number {
    const start = Date.now()
    while (backoff.isWaiting) vi.advanceTimersToNextTimer()
    return Date.now() - start
  }

  test('doubles up to two seconds, less up to a half, and begins anew after a success', () => {
    const backoff = new Backoff(() => {})
    const expected = [50, 100, 200, 400, 800, 1600, 2000, 2000]
    for (const full of expected) {
      backoff.failed(new Error('away'))
      const waited = wait(backoff)
      expect(waited).toBeGreaterThanOrEqual(full / 2 - 1)
      expect(waited).toBeLessThanOrEqual(full)
    }
    backoff.reset()
    backoff.failed(new Error('away'))
    expect(wait(backoff)).toBeLessThanOrEqual(50)
  })

  test('counts attempts that fail together as one', () => {
    const backoff = new Backoff(() => {})
    for (let attempt = 0; attempt < 10; attempt++) backoff.failed(new Error(`away ${attempt}`))
    expect(wait(backoff)).toBeLessThanOrEqual(50)
    expect(backoff.error?.message).toBe('away 9')
  })
})

describe('a refusal that time cannot mend fails those who wait at once', () => {
  test.each([
    ['a wrong password', { password: 'wrong' }, '28P01'],
    ['a role that does not exist', { user: 'nobody_of_that_name' }, /^28/],
    ['a database that does not exist', { database: 'nothing_of_that_name' }, '3D000'],
  ])('for %s', async (_, change, sqlState) => {
    const { hostname, port, username, password } = new URL(database.connectionString)
    // Without a limit: only a refusal ends the wait.
    const broker = lending.broker({
      connectionString: undefined as never,
      host: hostname,
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database: database.name,
      connectionTimeoutMillis: 0,
      max: 1,
      ...change,
    })
    const errors = [1, 2].map(() => processId(broker).catch((error) => error))
    for (const error of await Promise.all(errors)) {
      expect(error).toMatchObject({ code: 'PGLEASE_CONNECT', retryable: false, database: 'default' })
      expect(error.message).toMatch(`Cannot connect to "default": ${error.cause.message}`)
      expect(error.cause).toMatchObject({ code: expect.stringMatching(sqlState) })
    }
    expect(broker.stats().default).toMatchObject({ opened: 0, refused: 2, waiting: 0 })
  })

  test('but not while a connection is there that may come back to them', async () => {
    const role = `role_of_${database.name}`
    await database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'old'`)
    const url = Object.assign(new URL(database.connectionString), { username: role, password: 'old' })
    const broker = lending.broker({ max: 2, connectionString: url.href })
    const done = gate()
    const first = broker.withConnection(async (client) => {
      await client.query('SELECT 1')
      await done
    })
    await until(() => broker.stats().default!.leased === 1, 'for the first lease')
    await database.admin.query(`ALTER ROLE ${role} PASSWORD 'new'`)
    const second = processId(broker)
    await until(() => broker.stats().default!.connectFailures > 0, 'for the refusal')
    done.open()
    await Promise.all([first, second])
    await broker.close()
    await database.admin.query(`DROP ROLE ${role}`)
  })
})

test('a restart of the server costs the tasks on it a typed error, and no later task anything', async () => {
  const server = await startPostgres()
  try {
    const broker = lending.broker({ connectionString: server.connectionString, max: 2 })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { maxThreads: 2 })
    const running = [1, 2].map(() => executor.run('SELECT pg_sleep(3600)', { name: 'runs' }))
    await until(() => broker.stats().default!.leased === 2, 'for both tasks')
    const waiting = executor.run(undefined, { name: 'processId' })
    const restart = server.restart()
    for (const { reason } of (await Promise.allSettled(running)) as PromiseRejectedResult[]) {
      expect([pg.DatabaseError.name, 'LeaseLostError']).toContain(reason.constructor.name)
    }
    await restart
    expect(await waiting).toBeTypeOf('number')
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ closed: { lost: 2 }, leased: 0 })
  } finally {
    await server.stop()
  }
})
