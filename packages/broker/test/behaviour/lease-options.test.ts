import { Client, leased, leaseSocket, Pool, withConnection } from '@pglease/client'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

const run = (options: object, name = 'refusals') => {
  const executor = lending.executor(lending.broker(), 'options.js')
  return executor.run(options, { name }) as Promise<Record<string, string>>
}

const SECRET = 'hunter2'

/** What an error calls the options of each way. */
const WAYS = {
  Pool: 'Pool',
  Client: 'Client',
  leaseSocket: 'lease',
  leased: 'lease',
  withConnection: 'lease',
  'context.withConnection': 'lease',
  database: 'lease',
}

describe('each way to ask for a lease', () => {
  test('refuses a misspelt option and names what is meant', async () => {
    const told = await run({ prioritie: 1 })
    for (const [way, path] of Object.entries(WAYS))
      expect(told[way]).toBe(`${path}.prioritie is not an option. Did you mean "priority"?`)
  })

  test('refuses an option of a wrong type', async () => {
    const told = await run({ readOnly: 'yes' })
    for (const [way, path] of Object.entries(WAYS))
      expect(told[way]).toBe(`${path}.readOnly is "yes", but must be true or false.`)
  })

  test('says where an option of the connections belongs, and shows nothing of it', async () => {
    for (const name of ['password', 'idleTimeoutMillis', 'host', 'min', 'statement_timeout']) {
      const told = await run({ [name]: SECRET })
      for (const [way, path] of Object.entries(WAYS)) {
        expect(told[way]).toContain(`${path}.${name} is not an option here.`)
        expect(told[way]).toContain(`"databases.<name>.${name}" of new ConnectionBroker(…)`)
        expect(told[way]).not.toContain(SECRET)
      }
    }
  })

  test('lists the options that it has, and nothing of the insides', async () => {
    const told = await run({ allowExitOnIdle: true })
    const lease = 'database, isolationLevel, readOnly, deferrable, priority, connectionTimeoutMillis'
    const client = `${lease}, types, pipeline, binary, query_timeout, Promise`
    const ofTask = client.replace('database, ', '').replace('types, ', '').replace(', Promise', '')
    expect(told).toEqual({
      Pool: `Pool.allowExitOnIdle is not an option. Known: ${client}, max.`,
      Client: `Client.allowExitOnIdle is not an option. Known: ${client}.`,
      leaseSocket: `lease.allowExitOnIdle is not an option. Known: ${lease}.`,
      leased: `lease.allowExitOnIdle is not an option. Known: ${client}, signal.`,
      withConnection: `lease.allowExitOnIdle is not an option. Known: ${client}, signal.`,
      'context.withConnection': `lease.allowExitOnIdle is not an option. Known: ${client}, signal.`,
      database: `lease.allowExitOnIdle is not an option. Known: ${ofTask}.`,
    })
  })
})

test('a task that names no database, or something else than a name, is told so', async () => {
  expect(await run([undefined, 7, 'replica', 'x'.repeat(2000)], 'names')).toEqual([
    'PGLEASE_CONFIGURATION: lease.database is undefined, but must be a string.',
    'PGLEASE_CONFIGURATION: lease.database is 7, but must be a string.',
    'taken',
    'PGLEASE_CONFIGURATION: lease.database is a string, but must be a string of at most 1024 characters.',
  ])
})

/** Where there is no broker to be asked: on the main thread. */
describe('without a broker', () => {
  const refused = { code: 'PGLEASE_CONFIGURATION' }

  test.each([
    { max: 0 },
    { max: '2' },
    { max: 1.5 },
    { max: Number.NaN },
    { max: -1 },
    { query_timeout: '5' },
    { query_timeout: -1 },
    { binary: 1 },
    { pipeline: 'true' },
    { types: {} },
    { database: 5 },
    { isolationLevel: 'snapshot' },
    { connectionTimeoutMillis: Number.NaN },
    { priority: Number.POSITIVE_INFINITY },
    { datbase: 'default' },
    { idleTimeoutMillis: 1 },
    null,
    'postgres://me:hunter2@here/db',
    [],
  ])('a pool with %j is refused by its constructor', (options) => {
    let told: unknown
    try {
      new Pool(options as never)
    } catch (error) {
      told = error
    }
    expect(told).toMatchObject(refused)
    expect((told as Error).message).not.toContain(SECRET)
  })

  test('a pool and a client that are made say at their first query what is missing', async () => {
    const pool = new Pool({ max: 2, database: 'replica' })
    const missing = {
      code: 'PGLEASE_NOT_ATTACHED',
      message: expect.stringContaining('This is the main thread'),
    }
    await expect(pool.query('SELECT 1')).rejects.toMatchObject(missing)
    await expect(new Client().query('SELECT 1')).rejects.toMatchObject(missing)
    await expect(withConnection((client) => client.query('SELECT 1'))).rejects.toMatchObject(missing)
    await pool.end()
  })

  test('a wrong option is told of first', async () => {
    const wrong = { readOnly: 1 } as never
    expect(() => new Client(wrong)).toThrow(expect.objectContaining(refused))
    expect(() => leased(() => 1, wrong)).toThrow(expect.objectContaining(refused))
    expect(() => leaseSocket(wrong)).toThrow(expect.objectContaining(refused))
    await expect(withConnection(() => 1, wrong)).rejects.toMatchObject(refused)
    await expect(lending.broker().withConnection(() => 1, wrong)).rejects.toMatchObject(refused)
  })
})
