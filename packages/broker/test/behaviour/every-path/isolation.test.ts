import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { until } from '../../support/until.js'

type Tasks = typeof import('../../tasks/leftovers.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const LAST_VALUE = `
  CREATE FUNCTION last_value() RETURNS bigint LANGUAGE plpgsql AS $$
  BEGIN
    RETURN lastval();
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN NULL;
  END $$`

async function onItsOwn(...statements: string[]): Promise<void> {
  const client = new pg.Client(database.connectionString)
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

beforeAll(() =>
  onItsOwn(
    LAST_VALUE,
    'CREATE SEQUENCE numbers',
    'CREATE TABLE copied (line text)',
    `CREATE ROLE ${database.name}_other`,
    `GRANT ALL ON SCHEMA public TO ${database.name}_other`,
  ),
)

/** One thread and one connection: what a task leaves behind lies in the way of the next, and of the next test's. */
function start(options: DatabaseOptions = {}) {
  const broker = lending.broker({ max: 1, ...options })
  const executor = lending.executor<Tasks>(broker, 'leftovers.js')
  const connections = () => {
    const { opened, closed } = broker.stats().default!
    return { opened, unclean: closed.unclean }
  }
  return { broker, executor, connections }
}
const shared = lending.shared(start)

const other = `${database.name}_other`

const LEAVINGS: [string, string[]][] = [
  ['an open transaction', ['BEGIN', 'SELECT 1']],
  ['an open transaction of another kind', ['BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY']],
  ['a failed transaction', ['BEGIN', 'SELECT 1/0']],
  ['a savepoint', ['BEGIN', 'SAVEPOINT here', 'INSERT INTO copied VALUES (1)']],
  ['a setting', ["SET search_path = 'nowhere'", "SET statement_timeout = '1h'"]],
  ['a setting of a transaction that was not ended', ['BEGIN', "SET LOCAL work_mem = '1MB'"]],
  ['a setting of its own', ["SET my.setting = 'mine'"]],
  ['an isolation level', ['SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE']],
  ['a role', [`SET ROLE ${other}`]],
  ['a session authorization', [`SET SESSION AUTHORIZATION ${other}`]],
  [
    'a role without rights in a failed transaction',
    [`SET SESSION AUTHORIZATION ${other}`, 'BEGIN', 'SELECT 1/0'],
  ],
  ['a temporary table', ['CREATE TEMP TABLE mine AS SELECT 1']],
  ['a temporary table that covers another', ['CREATE TEMP TABLE copied (other int)']],
  ['a prepared statement', ['PREPARE mine AS SELECT 1']],
  ['a cursor that outlives its transaction', ['DECLARE mine CURSOR WITH HOLD FOR SELECT 1']],
  ['a cursor in a transaction', ['BEGIN', 'DECLARE mine CURSOR FOR SELECT 1', 'FETCH mine']],
  ['a channel that it listens on', ['LISTEN mine']],
  ['an advisory lock of the session', ['SELECT pg_advisory_lock(42)', 'SELECT pg_advisory_lock_shared(43)']],
  ['an advisory lock of the transaction', ['BEGIN', 'SELECT pg_advisory_xact_lock(42)']],
  ['the state of a sequence', ["SELECT nextval('numbers')"]],
]

describe.each([
  ['for the lease', {}],
  ['for the connection', { prepare: 'connection' as const }],
])('where the server keeps statements %s', (_span, options) => {
  const side = lending.shared(() => start(options))

  test.each(LEAVINGS)('the next lease sees nothing of %s', async (_what, statements) => {
    const { broker, executor, connections } = side()
    const before = await executor.run(undefined, { name: 'looks' })
    const [had, { leases }] = [connections(), broker.stats().default!]
    expect(await executor.run(statements, { name: 'leaves' })).not.toEqual(before.seen)
    expect(await executor.run(undefined, { name: 'looks' })).toEqual(before)
    expect(connections()).toEqual(had)
    expect(broker.stats().default).toMatchObject({ leases: leases + 2 })
  })
})

test.each([
  'a COPY in that has begun',
  'a COPY in, data and all, sent ahead',
  'a COPY out of which nothing was read',
  'a COPY out that was half read',
  'pipelined queries without their answers',
  'pipelined transactions without their answers',
  'a long query',
  'a long query behind many others',
  'a cursor without its Sync',
  'a failed message without its Sync',
  'a statement parsed and nothing more',
  'a goodbye',
])('the next lease has the connection, and nothing of %s', async (speech) => {
  const { broker, executor, connections } = shared()
  const before = await executor.run(undefined, { name: 'looks' })
  const had = connections()
  const told = await executor.run(speech, { name: 'speaks' }).catch((error) => error.message)
  // Behind a goodbye nothing is answered: pg says so to its own task, unless that is over before the lease is.
  const allowed = speech === 'a goodbye' ? [undefined, 'Connection terminated unexpectedly'] : [undefined]
  expect(allowed).toContain(told)
  expect(await executor.run(undefined, { name: 'looks' })).toEqual(before)
  expect(connections()).toEqual(had)
  const { rows } = await broker.withConnection((client) => client.query('SELECT count(*)::int FROM copied'))
  expect(rows).toEqual([{ count: 0 }])
})

test.each(['half a message', 'half a COPY message'])(
  'a connection with %s is not lent again',
  async (speech) => {
    // The rest of it is waited for.
    const { executor, connections } = start({ cancelTimeoutMillis: 500 })
    const before = await executor.run(undefined, { name: 'looks' })
    await executor.run(speech, { name: 'speaks' })
    const after = await executor.run(undefined, { name: 'looks' })
    expect(after.seen).toEqual(before.seen)
    expect(after.pid).not.toBe(before.pid)
    expect(connections()).toEqual({ opened: 2, unclean: 1 })
  },
)

test('a COPY in of which the lease did not see the beginning is ended all the same', async () => {
  const proxy = await lending.proxy()
  const broker = lending.broker({ max: 1, connectionString: proxy.connectionString })
  await broker.withConnection(async (client) => {
    await client.query('SELECT 1')
    proxy.hold('toClient')
    client.query('COPY copied FROM STDIN').catch(() => {})
    const copies = `SELECT FROM pg_stat_activity WHERE datname = '${database.name}' AND wait_event = 'ClientRead' AND query LIKE 'COPY%'`
    await until(async () => (await database.admin.query(copies)).rowCount === 1, 'for the COPY to begin')
  })
  proxy.pass()
  await untilQuiet(broker)
  expect(broker.stats().default).toMatchObject({ opened: 1, idle: 1 })
})

test('two leases may give the same name to different statements', async () => {
  const { executor } = shared()
  const prepares = (text: string) => executor.run(['same', text], { name: 'prepares' })
  expect(await prepares('SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(await prepares('SELECT 2 AS two')).toEqual([{ two: 2 }])
})

test('what a lease wrote and did not commit is not there for the next', async () => {
  const { broker, executor } = shared()
  await executor.run(['BEGIN', 'CREATE TABLE uncommitted ()', 'INSERT INTO copied VALUES (1)'], {
    name: 'leaves',
  })
  await untilQuiet(broker)
  const { rows } = await broker.withConnection((client) =>
    client.query("SELECT to_regclass('uncommitted') AS found, (SELECT count(*)::int FROM copied) AS count"),
  )
  expect(rows).toEqual([{ found: null, count: 0 }])
})

test('notifications for a listener that is gone do not reach the next lease', async () => {
  const { executor } = shared()
  const notifier = new pg.Client(database.connectionString)
  await notifier.connect()
  lending.closeAfterTest(() => notifier.end())
  let stop = false
  const flood = async () => {
    while (!stop) await notifier.query('NOTIFY old')
  }
  const flooding = flood()
  for (let round = 0; round < 50; round++) {
    await executor.run('old', { name: 'listens' })
    expect(await executor.run(5, { name: 'hears' })).toEqual([])
  }
  stop = true
  await flooding
})
