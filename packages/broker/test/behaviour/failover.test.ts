import { type EmbeddedPostgres, startPostgres, startStandby } from '@pglease/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkAttributes, type SessionAttributes } from '../../src/connection/session-attributes.js'
import type { ConnectionBroker, DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { hold } from '../support/hold.js'
import { Lending, untilQuiet } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/manners/basics.js')

const lending = new Lending(await createTestDatabase())

let primary: EmbeddedPostgres
let standby: EmbeddedPostgres
beforeAll(async () => {
  primary = await startPostgres()
  standby = await startStandby(primary)
})
afterAll(async () => {
  await standby?.stop()
  await primary?.stop()
})

type Server = 'primary' | 'standby' | 'away'

/** A port on which nobody listens: that of the discard service. */
const AWAY = 9

/** Nothing is asked that is not suspected. */
const PATIENT = { validateAfterIdleMillis: 2 ** 30, idleTimeoutMillis: 0 }

/** An idle connection is asked all the time. */
const ASKED = { keepAliveMillis: 10, connectionTimeoutMillis: 1000 }

/** A connection string with several hosts. */
function uri(servers: readonly Server[], more = ''): string {
  const ports = { primary: primary.port, standby: standby.port, away: AWAY }
  const hosts = servers.map((each) => `127.0.0.1:${ports[each]}`).join(',')
  return `postgres://postgres:${primary.password}@${hosts}/postgres?application_name=x${more}`
}

const start = (servers: readonly Server[], options: DatabaseOptions = {}, more = '') =>
  lending.broker({ connectionString: uri(servers, more), ...options })

/** Which server a lease comes to. */
async function reached(broker: ConnectionBroker): Promise<Server> {
  const { rows } = await broker.withConnection((client) => client.query('SHOW port'))
  return Number(rows[0].port) === primary.port ? 'primary' : 'standby'
}

/** What a lease is told once an attempt has failed. */
async function refusal(broker: ConnectionBroker): Promise<Error> {
  const patient = reached(broker).catch(() => {})
  await until(() => broker.stats().default!.connectFailures > 0, 'for an attempt')
  const hasty = broker.withConnection((client) => client.query('SELECT 1'), { connectionTimeoutMillis: 1 })
  const error = await hasty.catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'PGLEASE_LEASE_TIMEOUT', retryable: true })
  await broker.close()
  await patient
  return error
}

describe('of several hosts', () => {
  test.each<[SessionAttributes, readonly Server[], Server]>([
    ['any', ['standby', 'primary'], 'standby'],
    ['any', ['away', 'primary', 'standby'], 'primary'],
    ['read-write', ['standby', 'primary'], 'primary'],
    ['primary', ['away', 'standby', 'primary'], 'primary'],
    ['read-only', ['primary', 'standby'], 'standby'],
    ['standby', ['primary', 'standby'], 'standby'],
    ['prefer-standby', ['primary', 'standby'], 'standby'],
    ['prefer-standby', ['away', 'primary'], 'primary'],
    ['prefer-standby', ['primary'], 'primary'],
  ])('"%s" is found among %j: the %s', async (targetSessionAttributes, servers, expected) => {
    expect(await reached(start(servers, { targetSessionAttributes }))).toBe(expected)
    expect(await reached(start(servers, {}, `&target_session_attrs=${targetSessionAttributes}`))).toBe(
      expected,
    )
  })

  test.each<[SessionAttributes, Server, RegExp]>([
    ['primary', 'standby', /: server is in hot standby mode/],
    ['read-write', 'standby', /: session is read-only/],
    ['standby', 'primary', /: server is not in hot standby mode/],
    ['read-only', 'primary', /: session is not read-only/],
  ])('"%s" where there is only a %s is waited for, and told', async (wanted, server, message) => {
    const error = await refusal(start([server], { targetSessionAttributes: wanted }))
    expect(error.message).toMatch(message)
  })

  test('the failure of each is told, in the order in which they were tried', async () => {
    const error = await refusal(start(['away', 'standby'], { targetSessionAttributes: 'primary' }))
    const [first, second] = [AWAY, standby.port].map((port) => `127.0.0.1:${port}: `)
    expect(error.message).toContain(`${first}connect ECONNREFUSED`)
    expect(error.message).toContain(`; ${second}server is in hot standby mode`)
    expect((error.cause as AggregateError).errors).toMatchObject([{ code: 'ECONNREFUSED' }, {}])
  })

  test('one that refuses the user ends the attempt, as with libpq', async () => {
    const refused = uri(['primary', 'standby']).replace(primary.password, 'wrong')
    await expect(reached(lending.broker({ connectionString: refused }))).rejects.toMatchObject({
      code: 'PGLEASE_CONNECT',
      cause: { code: '28P01' },
    })
  })

  test('one that is silent leaves time for the next', async () => {
    const proxy = await lending.proxy()
    proxy.swallow()
    const host = ['127.0.0.1', '127.0.0.1']
    const port = [Number(new URL(proxy.connectionString).port), primary.port]
    const options = { host, port, user: 'postgres', password: primary.password, database: 'postgres' }
    const broker = lending.broker({
      ...options,
      connectionString: undefined as never,
      connectionTimeoutMillis: 3000,
    })
    expect(await reached(broker)).toBe('primary')
    expect(broker.stats().default).toMatchObject({ opened: 1, connectFailures: 0 })
  })

  test('what a hook throws is not tried with another', async () => {
    let calls = 0
    const onConnect = () => {
      calls++
      throw new Error('of the hook')
    }
    await expect(reached(start(['primary', 'standby'], { onConnect }))).rejects.toMatchObject({
      code: 'PGLEASE_CONNECT',
      message: expect.stringContaining('of the hook'),
    })
    expect(calls).toBe(1)
  })

  test('a query is cancelled on the one where it runs', async () => {
    const broker = start(['away', 'primary'])
    const stop = new AbortController()
    const sleeping = broker.withConnection((client) => client.query('SELECT pg_sleep(3600)'), {
      signal: stop.signal,
    })
    await until(() => broker.stats().default!.leased === 1, 'for the lease')
    stop.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await until(() => broker.stats().default!.idle === 1, 'for the connection to be lent again')
    expect(broker.stats().default).toMatchObject({ opened: 1, cancels: 1 })
  })
})

test.each(['primary', 'standby'] as const)(
  'a %s that reports nothing, as an old one, is asked',
  async (which) => {
    const client = new pg.Client({ connectionString: uri([which]) })
    await client.connect()
    const fits = async (wanted: 'read-write' | 'read-only' | 'primary' | 'standby') =>
      checkAttributes(client, new Map(), wanted).then(
        () => true,
        () => false,
      )
    const isPrimary = which === 'primary'
    for (const wanted of ['read-write', 'primary'] as const) expect(await fits(wanted)).toBe(isPrimary)
    for (const wanted of ['read-only', 'standby'] as const) expect(await fits(wanted)).toBe(!isPrimary)
    await client.end()
  },
)

describe('a failover', () => {
  test('is waited for by those who come, who then write to the new primary', async () => {
    const options = { max: 2, targetSessionAttributes: 'read-write', idleTimeoutMillis: 0 } as const
    const broker = start(['primary', 'standby'], options)
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js', { maxThreads: 2 })
    // Of this one a connection is idle, to what is a standby now.
    const replicas = start(['standby'], { max: 1, min: 1, targetSessionAttributes: 'standby', ...ASKED })
    expect(await reached(replicas)).toBe('standby')
    const replica = async () => {
      await until(() => replicas.stats().default!.connectFailures > 0, 'for an attempt')
      const { message } = await reached(replicas).catch((error) => error)
      return message
    }
    await executor.run('CREATE TABLE written (by text); SELECT 1', { name: 'runs' })
    const write = (by: string) =>
      executor.run(`INSERT INTO written VALUES ('${by}') RETURNING current_setting('port') AS port`, {
        name: 'runs',
      })
    expect(await write('before')).toEqual({ port: String(primary.port) })
    await primary.shutDown()
    const waiting = [write('first'), write('second'), write('third')]
    await until(() => broker.stats().default!.connectFailures > 1, 'for attempts')
    await standby.promote()
    // What was sent on a connection of the old one may be lost, and is told so.
    for (const each of await Promise.allSettled(waiting)) {
      if (each.status === 'fulfilled') expect(each.value).toEqual({ port: String(standby.port) })
      else expect(each.reason).toMatchObject({ code: 'PGLEASE_LEASE_LOST' })
    }
    expect(await write('after')).toEqual({ port: String(standby.port) })
    expect(await executor.run("SELECT 1 FROM written WHERE by = 'before'", { name: 'rowsOf' })).toHaveLength(
      1,
    )
    expect(await replica()).toMatch(/: server is not in hot standby mode\.$/)
    await primary.launch()
  })

  // From here on both are primaries, and what one of them has written the other has not.

  test.each([
    ['as the platform has it', {}],
    ['relayed', { handOver: false }],
  ])('to a server that is to be read from only is noticed by a write that it refuses: %s', async (_, how) => {
    const options = { max: 2, targetSessionAttributes: 'read-write', ...PATIENT, ...how } as const
    const broker = start(['primary', 'standby'], options)
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
    const held = await hold(broker)
    const create = (name: string) => executor.run(`CREATE TABLE ${name} (); SHOW port`, { name: 'runs' })
    expect(await create(`here_${Object.keys(how).length}`)).toEqual({ port: String(primary.port) })
    // The other connection is idle.
    await held.release()
    const admin = new pg.Client({ connectionString: uri(['primary']) })
    await admin.connect()
    await admin.query('ALTER SYSTEM SET default_transaction_read_only = on')
    await admin.query('SELECT pg_reload_conf()')
    const codes: unknown[] = []
    let tables = 0
    const moved = async () => {
      const outcome = await create(`moved_${Object.keys(how).length}_${tables++}`).catch((error) =>
        codes.push(error.code),
      )
      return Object(outcome).port === String(standby.port)
    }
    await until(moved, 'for the other server')
    expect(new Set(codes)).toEqual(new Set(['25006']))
    await until(() => broker.stats().default!.closed.invalid === 2, 'for both connections to be closed')
    await admin.query('SET default_transaction_read_only = off')
    await admin.query('ALTER SYSTEM RESET default_transaction_read_only')
    await admin.query('SELECT pg_reload_conf()')
    await admin.end()
    await until(
      async () => (await reached(start(['primary', 'standby'], options))) === 'primary',
      'for the end of that',
    )
  })

  test('is none where a transaction may not write by its own wish', async () => {
    const broker = start(['standby', 'primary'], {
      max: 1,
      targetSessionAttributes: 'read-write',
      ...PATIENT,
    })
    const executor = lending.executor<Tasks>(broker, 'manners/basics.js')
    const before = await executor.run(undefined, { name: 'processId' })
    await expect(
      executor.run('BEGIN READ ONLY; CREATE TABLE never ()', { name: 'runs' }),
    ).rejects.toMatchObject({ code: '25006' })
    expect(await executor.run(undefined, { name: 'processId' })).toBe(before)
    expect(broker.stats().default).toMatchObject({ opened: 1, closed: { invalid: 0 } })
  })

  test('has the other connections asked as soon as one is lost', async () => {
    const broker = start(['standby', 'primary'], { max: 3, ...PATIENT })
    const held = await Promise.all([hold(broker), hold(broker), hold(broker)])
    for (const each of held) await each.release()
    await untilQuiet(broker)
    const admin = new pg.Client({ connectionString: uri(['standby']) })
    await admin.connect()
    await admin.query(`SELECT pg_terminate_backend(${held[0]!.processId})`)
    await until(() => broker.stats().default!.validated === 2, 'for both to be asked')
    await untilQuiet(broker)
    expect(broker.stats().default).toMatchObject({ idle: 2, closed: { lost: 1, invalid: 0 } })
    await admin.end()
  })
})

test('a session that its own settings make read-only is asked for its server alone', async () => {
  const options = { max: 1, readOnly: true, keepAliveMillis: 10, ...PATIENT }
  const broker = start(['standby'], { targetSessionAttributes: 'read-write', ...options })
  expect(await reached(broker)).toBe('standby')
  await until(() => broker.stats().default!.validated >= 2, 'for questions')
  expect(broker.stats().default).toMatchObject({ opened: 1, closed: { invalid: 0 } })
})

test('with a single server and no wish nobody is asked', async () => {
  const broker = start(['standby'], PATIENT)
  const held = await Promise.all([hold(broker), hold(broker)])
  for (const each of held) await each.release()
  await untilQuiet(broker)
  const admin = new pg.Client({ connectionString: uri(['standby']) })
  await admin.connect()
  await admin.query(`SELECT pg_terminate_backend(${held[0]!.processId})`)
  await until(() => broker.stats().default!.closed.lost === 1, 'for the loss')
  expect(broker.stats().default).toMatchObject({ validated: 0, idle: 1 })
  await admin.end()
})
