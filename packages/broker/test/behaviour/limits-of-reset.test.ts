import { startPostgres } from '@pglease/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConnectionBroker, SharedPoolExecutor } from '../../src/index.js'
import { taskFile } from '../support/lending.js'

let server: Awaited<ReturnType<typeof startPostgres>>
let broker: ConnectionBroker

beforeAll(async () => {
  server = await startPostgres({ settings: { wal_level: 'logical', max_prepared_transactions: 5 } })
  broker = new ConnectionBroker({
    databases: { default: { connectionString: server.connectionString, max: 1 } },
  })
  const { hostname, port, username, password, database } = own()
  await ask(`CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE TABLE place (id int);
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw
      OPTIONS (host '${hostname}', port '${port}', dbname '${database}');
    CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user '${username}', password '${password}');
    CREATE FOREIGN TABLE there (id int) SERVER elsewhere OPTIONS (table_name 'place');
    SELECT 1`)
})
afterAll(async () => {
  await broker?.close({ timeoutMillis: 0 })
  await server?.stop()
})

/** The first row of the last of some statements, in a lease of their own. */
const ask = (text: string) =>
  broker.withConnection(async (client) => [await client.query(text)].flat().at(-1)?.rows[0])

/** On the main database of the same server. */
const own = () => {
  const { hostname, port, username, password, pathname } = new URL(server.connectionString)
  return { hostname, port, username, password: decodeURIComponent(password), database: pathname.slice(1) }
}

/** As the documentation lists it. When one of these fails, a server has learnt to reset more: mend the list. */
describe('DISCARD ALL does not undo', () => {
  test.each<[string, () => string, string, unknown]>([
    [
      'a library that was loaded',
      () => `LOAD 'auto_explain'`,
      `SELECT count(*)::int AS value FROM pg_settings WHERE name = 'auto_explain.log_min_duration'`,
      1,
    ],
    [
      'a connection of dblink',
      () => {
        const { hostname, port, username, password, database } = own()
        return `SELECT dblink_connect('elsewhere',
          'host=${hostname} port=${port} user=${username} password=${password} dbname=${database}')`
      },
      'SELECT dblink_get_connections() AS value',
      ['elsewhere'],
    ],
    [
      'a connection of postgres_fdw',
      () => 'SELECT count(*) FROM there',
      'SELECT count(*)::int AS value FROM postgres_fdw_get_connections()',
      1,
    ],
    [
      'a transaction that was prepared for two-phase commit',
      () => `BEGIN; CREATE TABLE half_done (); PREPARE TRANSACTION 'half done'`,
      'SELECT gid AS value FROM pg_prepared_xacts',
      'half done',
    ],
    [
      'a temporary replication slot',
      () => `SELECT pg_create_physical_replication_slot('mine', temporary => true)`,
      'SELECT slot_name AS value FROM pg_replication_slots',
      'mine',
    ],
    [
      'a replication origin',
      () => `SELECT pg_replication_origin_create('mine'); SELECT pg_replication_origin_session_setup('mine')`,
      'SELECT pg_replication_origin_session_is_setup() AS value',
      true,
    ],
    [
      'a custom setting, which then is an empty text and not NULL',
      () => `SET app.tenant = 'somebody'`,
      `SELECT current_setting('app.tenant', true) AS value`,
      '',
    ],
  ])('%s', async (_what, leave, look, left) => {
    const { pid } = await ask('SELECT pg_backend_pid() AS pid')
    expect((await ask(look))?.value).not.toEqual(left)
    await ask(leave())
    expect(await ask(look)).toEqual({ value: left })
    expect(await ask('SELECT pg_backend_pid() AS pid')).toEqual({ pid })
  })

  test('what setseed has made of random', async () => {
    const numbers = async () => {
      await ask('SELECT setseed(0.25)')
      return (await ask('SELECT random() AS value')).value
    }
    expect(await numbers()).toBe(await numbers())
  })
})

test('a task reads the environment of the process, unless its executor gives it another', async () => {
  process.env.PGLEASE_TEST_SECRET = 'opensesame'
  const read = async (env?: Record<string, string>) => {
    const options = { filename: taskFile('thread.js'), maxThreads: 1, ...(env && { env }) }
    const executor = new SharedPoolExecutor<typeof import('../tasks/thread.js')>(broker, options)
    try {
      return await executor.run('PGLEASE_TEST_SECRET', { name: 'environment' })
    } finally {
      await executor.close()
    }
  }
  expect(await read()).toBe('opensesame')
  expect(await read({})).toBeUndefined()
})
