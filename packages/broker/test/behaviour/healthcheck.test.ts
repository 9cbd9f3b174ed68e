import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { hold, processId, untilWaiting, warm } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Long enough for any machine; what is waited for comes sooner. */
const LONG = { timeoutMillis: 20_000 }
const SHORT = { timeoutMillis: 30 }

describe('a database is ready', () => {
  test('when a connection can be opened or is idle, and what was asked leaves nothing behind', async () => {
    const broker = lending.broker({ max: 2 }, { replica: {} })
    const health = await broker.healthcheck(LONG)
    expect(health).toEqual({
      ok: true,
      databases: {
        default: { ok: true, millis: expect.any(Number) },
        replica: { ok: true, millis: expect.any(Number) },
      },
    })
    await broker.healthcheck(LONG)
    await untilQuiet(broker)
    const none = { leases: 0, waitMillis: { count: 0 }, resets: 0 }
    expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1, validated: 2, ...none })
  })

  test('also behind leases whose reset is due, which is then counted once', async () => {
    const broker = lending.broker({ max: 1 })
    await processId(broker)
    await broker.healthcheck(LONG)
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ opened: 1, resets: 1, idle: 1 })
  })

  test('when it is the one that was asked for, whatever the others are', async () => {
    const nowhere = Object.assign(new URL(database.connectionString), { pathname: 'nothing_of_that_name' })
    const broker = lending.broker({}, { replica: { connectionString: nowhere.href } })
    expect(await broker.healthcheck({ database: 'default', ...LONG })).toMatchObject({ ok: true })
    expect(await broker.healthcheck(LONG)).toMatchObject({
      ok: false,
      database: 'replica',
      reason: 'refused',
      databases: { default: { ok: true }, replica: { ok: false } },
    })
  })

  test('when a connection comes free in time, and those who came earlier have had theirs', async () => {
    const broker = lending.broker({ max: 1, maxWaiting: 1 })
    const held = await hold(broker)
    const order: string[] = []
    const first = processId(broker).then(() => order.push('lease'))
    await untilWaiting(broker, 1)
    // Those who come meanwhile share it, and nobody loses a place in the line.
    const checks = [1, 2, 3].map(() => broker.healthcheck(LONG))
    await untilWaiting(broker, 2)
    checks[0]!.then(() => order.push('check'))
    await held.release()
    for (const check of checks) expect(await check).toMatchObject({ ok: true })
    await first
    expect(order).toEqual(['lease', 'check'])
  })

  test('and a check that waits refuses nobody who would have waited', async () => {
    const broker = lending.broker({ max: 1, maxWaiting: 1 })
    const held = await hold(broker)
    const check = broker.healthcheck(LONG)
    await untilWaiting(broker, 1)
    const lease = processId(broker)
    await untilWaiting(broker, 2)
    await held.release()
    expect(await check).toMatchObject({ ok: true })
    expect(await lease).toBeTypeOf('number')
    expect(broker.stats().default).toMatchObject({ refused: 0 })
  })
})

describe('a database is not ready, and why is told,', () => {
  test('while all connections are leased', async () => {
    const broker = lending.broker({ max: 1 })
    const held = await hold(broker)
    expect(await broker.healthcheck(SHORT)).toMatchObject({
      ok: false,
      database: 'default',
      reason: 'full',
      code: 'PGLEASE_LEASE_TIMEOUT',
      message: expect.stringMatching(/1 of at most 1 is leased, by the main thread/),
    })
    await held.release()
    expect(await broker.healthcheck(LONG)).toMatchObject({ ok: true })
  })

  test('while it is paused', async () => {
    const broker = lending.broker()
    await broker.pause()
    expect(await broker.healthcheck(SHORT)).toMatchObject({ reason: 'paused', code: 'PGLEASE_LEASE_TIMEOUT' })
    broker.resume()
    expect(await broker.healthcheck(LONG)).toMatchObject({ ok: true })
  })

  test('while the server is away, and it is ready when that is back', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ connectionString: proxy.connectionString })
    proxy.refuse()
    expect(await broker.healthcheck({ timeoutMillis: 300 })).toMatchObject({
      reason: 'unreachable',
      code: 'PGLEASE_LEASE_TIMEOUT',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await proxy.accept()
    expect(await broker.healthcheck(LONG)).toMatchObject({ ok: true })
  })

  test('where a server accepts connections and says nothing', async () => {
    const proxy = await lending.proxy()
    const broker = lending.broker({ connectionString: proxy.connectionString })
    proxy.swallow()
    expect(await broker.healthcheck(SHORT)).toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('1 is not connected yet'),
    })
  })

  test('where the network falls silent on a connection that was idle, which is closed then', async () => {
    const proxy = await lending.proxy()
    const options = { validateAfterIdleMillis: 2 ** 30, validateTimeoutMillis: 100 }
    const broker = lending.broker({ connectionString: proxy.connectionString, max: 1, ...options })
    await warm(broker, 1)
    proxy.swallow()
    expect(await broker.healthcheck(SHORT)).toMatchObject({
      reason: 'unreachable',
      code: 'PGLEASE_LEASE_LOST',
      message: expect.stringContaining('has not answered within 30 ms'),
    })
    await until(() => broker.stats().default!.closed.invalid === 1, 'for it to be closed')
    proxy.pass()
    proxy.cut()
    expect(await broker.healthcheck(LONG)).toMatchObject({ ok: true })
  })

  test.each([
    ['a wrong password', { password: 'wrong' }, /password authentication failed/],
    ['a database that does not exist', { database: 'nothing_of_that_name' }, /does not exist/],
  ])('for %s, at once and without the password', async (_, change, message) => {
    const { hostname, port, username, password } = new URL(database.connectionString)
    const broker = lending.broker({
      connectionString: undefined as never,
      host: hostname,
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database: database.name,
      ...change,
    })
    const health = await broker.healthcheck(LONG)
    expect(health).toMatchObject({ reason: 'refused', code: 'PGLEASE_CONNECT' })
    expect(health.message).toMatch(message)
    expect(JSON.stringify(health)).not.toContain(password)
  })

  test('while the broker closes, and afterwards', async () => {
    const broker = lending.broker({ max: 1 }, { replica: {} })
    const held = await hold(broker)
    const waiting = broker.healthcheck(LONG)
    await untilWaiting(broker, 1)
    const close = broker.close()
    const closing = { ok: false, reason: 'closing', code: 'PGLEASE_BROKER_CLOSED' }
    expect(await waiting).toMatchObject({ databases: { default: closing } })
    expect(await broker.healthcheck()).toMatchObject({ ...closing, databases: { replica: closing } })
    await held.release()
    await close
    expect(await broker.healthcheck()).toMatchObject(closing)
  })

  test('once the close is announced, while leases are granted still', async () => {
    const broker = lending.broker()
    broker.announceClose()
    expect(await broker.healthcheck()).toMatchObject({ reason: 'closing' })
    expect(await processId(broker)).toBeTypeOf('number')
  })
})

test('a check that waits for a server that says nothing does not hold up a close', async () => {
  const proxy = await lending.proxy()
  const options = { validateAfterIdleMillis: 2 ** 30, validateTimeoutMillis: 2 ** 30 }
  const broker = lending.broker({ connectionString: proxy.connectionString, max: 1, ...options })
  await warm(broker, 1)
  proxy.swallow()
  const check = broker.healthcheck(LONG)
  await until(() => broker.stats().default!.settling === 1, 'for the question')
  await broker.close()
  expect(await check).toMatchObject({ ok: false, reason: 'closing' })
})

test('what cannot be checked is told of by an error', async () => {
  const broker = lending.broker()
  await expect(broker.healthcheck({ database: 'none' })).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_DATABASE',
  })
  for (const wrong of [{ timeoutMillis: 0 }, { timeoutMillis: 2 ** 31 }, { timeout: 1 }, { database: 5 }])
    await expect(broker.healthcheck(wrong as never)).rejects.toMatchObject({ code: 'PGLEASE_CONFIGURATION' })
})
