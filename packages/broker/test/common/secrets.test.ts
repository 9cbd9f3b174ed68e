import { inspect } from 'node:util'
import type { BrokerInfo } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import { ConnectionBroker, type DatabaseOptions, SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { RawThread } from '../support/raw-thread.js'

const testDatabase = await createTestDatabase()
const lending = new Lending(testDatabase)

const SECRET = 'opensesame'
const URL_WITH_SECRET = `postgres://me:${SECRET}@localhost:5432/app`

/** All that can be printed of an error. */
function printed(error: unknown): string {
  const { message, stack } = error as Error
  return [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), message, stack].join('\n')
}

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

const broker = (options: unknown) => () => new ConnectionBroker(options as never)
const database = (options: unknown) => broker({ databases: { default: options } })

class Credentials {
  password = SECRET
}

describe('no secret is printed of', () => {
  test.each<[string, () => unknown]>([
    ['a misspelt password', database({ pasword: SECRET })],
    ['one whose name is nothing like it', database({ secretOfTheDatabase: SECRET })],
    ['one of a known option in another case', database({ PASSWORD: SECRET })],
    ['a password in an array', database({ password: [SECRET] })],
    ['a password in an object', database({ password: { value: SECRET } })],
    ['a password that is a number', database({ password: 31_337_042 })],
    ['an instance of a class that holds it', database({ password: new Credentials() })],
    ['a misspelt connection string', database({ connectionSting: URL_WITH_SECRET })],
    ['a connection string in place of options', database(URL_WITH_SECRET)],
    ['a connection string in a list', database([URL_WITH_SECRET])],
    ['a connection string of another protocol', database({ connectionString: `mysql://a:${SECRET}@h/d` })],
    ['a connection string without a protocol', database({ connectionString: `a:${SECRET}@h/d` })],
    ['a URL object as the connection string', database({ connectionString: new URL(URL_WITH_SECRET) })],
    ['a connection string for a maximum', database({ max: URL_WITH_SECRET })],
    ['a connection string for a port', database({ port: `me:${SECRET}@localhost` })],
    ['a key in `ssl`', database({ ssl: [{ key: SECRET }] })],
    ['a misspelt `ssl`', database({ sssl: { key: SECRET, passphrase: SECRET } })],
    ['a passphrase that is a number', database({ ssl: { passphrase: 31_337_042 } })],
    ['a key for a flag', database({ keepAlive: { key: SECRET } })],
    ['an option whose name is an address', database({ [URL_WITH_SECRET]: true })],
    ['an option whose name is a list of settings', database({ [`password=${SECRET} host=h`]: true })],
    ['a database whose name is an address', broker({ databases: { [URL_WITH_SECRET]: { max: 0 } } })],
    ['a connection string in place of databases', broker({ databases: URL_WITH_SECRET })],
    ['a connection string in place of a broker’s options', broker(URL_WITH_SECRET)],
    ['a connection string beside the databases', broker({ databases: {}, url: URL_WITH_SECRET })],
    ['databases in a list', broker({ databases: [{ password: SECRET }] })],
  ])('%s', (_what, work) => {
    const error = thrown(work)
    expect(error).toMatchObject({ code: 'PGLEASE_CONFIGURATION' })
    expect(printed(error)).not.toMatch(SECRET)
    expect(printed(error)).not.toMatch('31337042')
  })

  test.each([
    { pasword: SECRET },
    { connectionString: URL_WITH_SECRET },
    { database: URL_WITH_SECRET },
    { database: { password: SECRET } },
    { priority: { password: SECRET } },
  ])('an option of a lease: %j', async (options) => {
    const error = await lending
      .broker()
      .withConnection((client) => client.query('SELECT 1'), options as never)
      .catch((error) => error)
    expect(error).toHaveProperty('code')
    expect(printed(error)).not.toMatch(SECRET)
  })

  test.each([
    { filename: URL_WITH_SECRET },
    { filename: '/tasks.js', env: { PGPASSWORD: SECRET }, envs: { PGPASSWORD: SECRET } },
    { filename: '/tasks.js', name: { password: SECRET } },
    { filename: '/tasks.js', databases: [URL_WITH_SECRET] },
    { filename: '/tasks.js', databases: URL_WITH_SECRET },
  ])('an option of an executor: %j', (options) => {
    const error = thrown(() => new SharedPoolExecutor(lending.broker(), options as never))
    expect(error).toMatchObject({ code: 'PGLEASE_CONFIGURATION' })
    expect(printed(error)).not.toMatch(SECRET)
  })
})

test.each<[string, DatabaseOptions]>([
  ['an address that is none', { connectionString: `postgres://me:${SECRET}@localhost:port/app` }],
  ['a wrong password', { password: SECRET }],
  ['a key that is no PEM', { ssl: { key: SECRET, cert: SECRET } }],
  ['a key of a wrong type', { ssl: { key: { pem: SECRET } as never } }],
  ['a passphrase of no store', { ssl: { pfx: 'no store', passphrase: SECRET } }],
])('no secret is printed of a start that is refused for %s', async (_what, options) => {
  const { hostname: host, port, username: user } = new URL(testDatabase.connectionString)
  const parts = { connectionString: undefined as never, host, port: Number(port), user }
  const database = testDatabase.name
  const broker = lending.broker({ ...parts, database, ssl: false, connectionTimeoutMillis: 0, ...options })
  const error = await processId(broker).catch((error) => error)
  expect(error).toMatchObject({ code: 'PGLEASE_CONNECT' })
  expect(printed(error)).not.toMatch(SECRET)
})

test('clients, pools and what threads are told know where the server is, and no secret', async () => {
  const broker = lending.broker({ connectionString: URL_WITH_SECRET })
  const pool = broker.pool()
  const all = { showHidden: true, depth: 9 }
  const client = await broker.withConnection((client) => {
    const { connectionParameters } = client as unknown as { connectionParameters: object }
    const shown = [client, connectionParameters, { ...client }].map((each) => inspect(each, all))
    return [...shown, JSON.stringify([client, connectionParameters])]
  })
  const thread = new RawThread(broker)
  lending.closeAfterTest(async () => thread.close())
  const { databases } = (await thread.call('hello')).value as BrokerInfo
  const seen = [
    ...client,
    inspect([pool, pool.options, databases], all),
    JSON.stringify([pool, pool.options]),
  ]
  expect(seen.join()).toMatch(/localhost/)
  expect(seen.join()).not.toMatch(SECRET)
  expect([...databases.values()]).toEqual([{ host: 'localhost', port: 5432, user: 'me', database: 'app' }])
})

test('the message of a refusal does not show what a function has thrown that is no error', async () => {
  const broker = lending.broker({
    connectionTimeoutMillis: 0,
    onConnect: () => Promise.reject({ password: SECRET }),
  })
  const error = await processId(broker).catch((error) => error)
  expect(error.message).toMatch('What was thrown is no error, but an object')
})

describe('what is long is cut, and costs little', () => {
  const LONG = 'x'.repeat(20_000_000)

  test.each<[string, () => unknown]>([
    ['a name of an option', database({ [LONG]: 1 })],
    ['a value of a known option', database({ isolationLevel: LONG })],
    ['a name of a database', broker({ databases: { [LONG]: { max: 0 } } })],
    ['bytes in place of options', database(Buffer.alloc(20_000_000))],
  ])('%s', (_what, work) => {
    // Compared with all others, the name would take minutes.
    const error = thrown(work) as Error
    expect(error).toMatchObject({ code: 'PGLEASE_CONFIGURATION' })
    expect(error.message.length).toBeLessThan(2000)
    expect(JSON.stringify(error).length).toBeLessThan(500)
  })
})
