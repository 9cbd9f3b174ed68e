import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { ConnectionBroker, DatabaseOptions } from '../../../src/index.js'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'

type Tasks = typeof import('../../tasks/steps.js')
type Query = { text: string; values?: unknown[]; name?: string }

const database = await createTestDatabase()
const lending = new Lending(database)

const ADD = 'SELECT $1::int + 1 AS value'
const add = (value: number): Query => ({ text: ADD, values: [value] })
/** Asking changes nothing. */
const KEPT: Query = {
  text: `SELECT statement, prepare_time::text AS since FROM pg_prepared_statements
    WHERE statement NOT LIKE '%prepare_time%' ORDER BY 1`,
}

const options = (more: DatabaseOptions = {}): DatabaseOptions => ({ max: 1, prepare: 'connection', ...more })

interface Side {
  broker: ConnectionBroker
  /** Runs a task of these queries. */
  run(...queries: Query[]): Promise<unknown[]>
  piped(...queries: Query[]): Promise<unknown[]>
  reads(query: Query): Promise<unknown[]>
  speaks(query: Query): Promise<unknown[]>
}

function start(more: DatabaseOptions = {}): Side {
  const broker = lending.broker(options(more))
  const executor = lending.executor<Tasks>(broker, 'steps.js', { minThreads: 1, maxThreads: 1 })
  return {
    broker,
    run: (...queries) => executor.run(queries as never, { name: 'steps' }) as Promise<unknown[]>,
    piped: (...queries) => executor.run(queries as never, { name: 'piped' }) as Promise<unknown[]>,
    speaks: (query) => executor.run(query as never, { name: 'speaks' }) as Promise<unknown[]>,
    reads: (query) => executor.run(query as never, { name: 'reads' }) as Promise<unknown[]>,
  }
}

/** Runs this in a session of its own. */
async function elsewhere(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

/** Sends the text twice, by which it is kept; it is run once with its name. */
const kept = async ({ run }: Side, query = add(0)): Promise<void> => {
  await run(query)
  await run(query)
}

/** When the text was parsed that the server keeps. */
async function since({ run }: Side): Promise<string | undefined> {
  const [rows] = (await run(KEPT)) as [{ statement: string; since: string }[]]
  return rows.find(({ statement }) => statement === ADD)?.since
}

const sides = lending.shared(start)

describe('a text', () => {
  test('that a thread sends for the second time is parsed once for all leases that follow', async () => {
    const side = start()
    expect(await side.run(add(1))).toEqual([[{ value: 2 }]])
    expect(await side.run(KEPT)).toEqual([[]])
    expect(await side.run(add(2))).toEqual([[{ value: 3 }]])
    const before = await since(side)
    expect(before).toEqual(expect.any(String))
    expect(await side.run(add(3))).toEqual([[{ value: 4 }]])
    expect(await side.run(add(4), add(5))).toEqual([[{ value: 5 }], [{ value: 6 }]])
    expect(await since(side)).toBe(before)
    expect(side.broker.stats().default).toMatchObject({ opened: 1, leases: 7 })
  })

  test('is kept by a connection whichever thread sends it', async () => {
    const side = sides()
    await kept(side)
    const before = await since(side)
    const other = lending.executor<Tasks>(side.broker, 'steps.js', { minThreads: 1, maxThreads: 1 })
    for (const value of [1, 2, 3])
      expect(await other.run([add(value)] as never, { name: 'steps' })).toEqual([[{ value: value + 1 }]])
    const after = await since(side)
    await side.run(add(2))
    // The first of a text the other thread has sent without a name.
    expect([after, await since(side)]).toEqual([before, before])
  })

  test('may be used in a pipeline and by a cursor', async () => {
    const { run, piped, reads } = sides()
    const series: Query = { text: 'SELECT n FROM generate_series(1, $1::int) n', values: [5] }
    const all = [1, 2, 3, 4, 5].map((n) => ({ n }))
    for (let time = 0; time < 3; time++) {
      expect(await run(series)).toEqual([all])
      expect(await reads(series)).toEqual(all)
      expect(await piped(series, add(1), series, add(2))).toEqual([all, [{ value: 2 }], all, [{ value: 3 }]])
    }
  })
})

describe('the user’s own name', () => {
  const named = (text: string): Query => ({ name: 'mine', text, values: [1] })

  test('lives as long as the connection', async () => {
    const side = start()
    expect(await side.run(named(ADD))).toEqual([[{ value: 2 }]])
    const before = await since(side)
    expect(before).toEqual(expect.any(String))
    for (let time = 0; time < 3; time++) expect(await side.run(named(ADD))).toEqual([[{ value: 2 }]])
    expect(await since(side)).toBe(before)
  })

  test('means what the lease says, whatever others have meant by it', async () => {
    const { run } = sides()
    const twice = 'SELECT 2 * $1::int AS value'
    for (const text of [ADD, twice, twice, ADD, ADD]) expect(await run(named(text))).toEqual([[{ value: 2 }]])
    expect(await run({ ...named(twice), values: [7] })).toEqual([[{ value: 14 }]])
    expect(await run({ ...named(ADD), values: [7] })).toEqual([[{ value: 8 }]])
    expect(await run({ ...named('SELECT nonsense'), values: [] }, named(ADD))).toEqual([
      '42703',
      [{ value: 2 }],
    ])
  })

  test('is nobody else’s', async () => {
    const { run } = sides()
    await run(named(ADD))
    const [, rows] = await run({ text: 'PREPARE mine AS SELECT 7 AS value' }, { text: 'EXECUTE mine' })
    expect(rows).toEqual([{ value: 7 }])
    expect(await run(named(ADD), named(ADD))).toEqual([[{ value: 2 }], [{ value: 2 }]])
  })

  test('may be one that looks like those of the statements without a name', async () => {
    const side = sides()
    await kept(side)
    const [rows] = (await side.run({ text: 'SELECT name FROM pg_prepared_statements' })) as [
      { name: string }[],
    ]
    const { name } = rows.find((row) => row.name.startsWith('pglease'))!
    expect(await side.run({ name, text: 'SELECT 5 AS value' })).toEqual([[{ value: 5 }]])
    expect(
      await side.run(
        { text: 'BEGIN' },
        { text: 'SET LOCAL work_mem = 64' },
        { name, text: 'SELECT 6 AS value' },
      ),
    ).toEqual([[], [], [{ value: 6 }]])
    expect(await side.run(add(1))).toEqual([[{ value: 2 }]])
  })
})

describe('what a lease has done', () => {
  const leave = (what: string): Query => ({ text: `SELECT leave($1)`, values: [what] })
  const LOOK: Query = {
    text: `SELECT current_user = session_user AS "isItself", current_setting('work_mem') AS memory,
      current_setting('default_transaction_isolation') AS isolation, current_setting('default_transaction_read_only') AS "readOnly",
      to_regclass('pg_temp.mine')::text AS temporary, (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
      (SELECT count(*)::int FROM pg_cursors WHERE name <> '') AS cursors`,
  }
  const CLEAN = {
    isItself: true,
    memory: '4MB',
    isolation: 'read committed',
    readOnly: 'off',
    temporary: null,
    channels: 0,
    locks: 0,
    cursors: 0,
  }
  const UNREPORTED = [
    "PERFORM set_config('work_mem', '1MB', false)",
    'CREATE TEMP TABLE mine (id int)',
    'LISTEN news',
    'PERFORM pg_advisory_lock(7)',
    "PERFORM set_config('default_transaction_isolation', 'serializable', false)",
    "PERFORM set_config('default_transaction_deferrable', 'on', false)",
    "EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT 1'",
  ]
  /** The server tells the client of these, after which it trusts nothing. */
  const REPORTED = [
    'SET ROLE pg_monitor',
    "PERFORM set_config('default_transaction_read_only', 'on', false)",
    `PERFORM set_config(name, value, false) FROM (VALUES ('default_transaction_isolation', 'serializable'),
      ('default_transaction_read_only', 'on'), ('default_transaction_deferrable', 'on')) s (name, value)`,
  ]
  const prepareFunction = () =>
    elsewhere(`CREATE OR REPLACE FUNCTION leave(what text) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN EXECUTE format('DO %L', 'BEGIN ' || what || '; END'); END $$`)

  test.each(UNREPORTED)('is gone for the next, and the statements are not: %s', async (what) => {
    await prepareFunction()
    const side = sides()
    await kept(side)
    const before = await since(side)
    await side.run(leave(what))
    expect(await side.run(LOOK)).toEqual([[CLEAN]])
    expect(await side.run(add(1))).toEqual([[{ value: 2 }]])
    expect([before, await since(side)]).toEqual([expect.any(String), before])
  })

  test.each([...UNREPORTED, ...REPORTED])(
    'does not come back when the next lease’s first query fails: %s',
    async (what) => {
      await prepareFunction()
      const { run } = sides()
      await run(leave(what))
      expect(await run({ text: 'SELECT 1 / $1::int', values: [0] }, LOOK)).toEqual(['22012', [CLEAN]])
    },
  )
})

describe('a lease that may have changed what statements mean', () => {
  test.each([
    ['SET', "SET datestyle = 'German'"],
    ['PREPARE', 'PREPARE mine AS SELECT 1'],
    ['DEALLOCATE', 'DEALLOCATE ALL'],
    ['DISCARD', 'DISCARD ALL'],
    ['a block', 'DO $$ BEGIN END $$'],
    ['a table', 'CREATE TEMP TABLE pg_class_of_mine ()'],
    ['several statements', 'SELECT 1; SELECT 2'],
  ])('leaves none: %s', async (_what, text) => {
    const side = sides()
    await kept(side)
    const [, ...rest] = await side.run({ text }, add(1), add(2), add(3))
    expect(rest).toEqual([[{ value: 2 }], [{ value: 3 }], [{ value: 4 }]])
    expect(await side.run(KEPT)).toEqual([[]])
    await kept(side)
    expect(await side.run(KEPT)).toMatchObject([[{ statement: ADD }]])
  })

  test('uses none from there on', async () => {
    const { run } = sides()
    const year: Query = { text: "SELECT '03.04.2001'::date::text || $1 AS value", values: [''] }
    for (let time = 0; time < 3; time++) expect(await run(year)).toEqual([[{ value: '2001-03-04' }]])
    const [, rows] = await run({ text: "SET datestyle = 'ISO, DMY'" }, year)
    expect(rows).toEqual([{ value: '2001-04-03' }])
    expect(await run(year)).toEqual([[{ value: '2001-03-04' }]])
  })

  test('may be one that speaks the protocol itself', async () => {
    const side = sides()
    await kept(side)
    expect(await side.speaks({ text: 'PREPARE mine AS SELECT 1' })).toEqual([])
    expect(await side.run(KEPT)).toEqual([[]])
  })
})

describe('a statement that the server keeps', () => {
  test('and does not any more is parsed anew', async () => {
    await elsewhere(`CREATE OR REPLACE FUNCTION drop_all() RETURNS void LANGUAGE plpgsql AS $$
      BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`)
    const side = sides()
    await kept(side)
    await side.run({ text: 'SELECT drop_all(), $1::int', values: [1] })
    expect(await side.run(add(1), add(2))).toEqual([[{ value: 2 }], [{ value: 3 }]])
    expect(await side.run({ text: 'SELECT drop_all(), $1::int', values: [1] })).toMatchObject([[{}]])
    expect(await side.piped(add(1), add(2))).toEqual([[{ value: 2 }], [{ value: 3 }]])
  })

  test('gives what the table has become, between two leases and within one', async () => {
    const side = sides()
    await elsewhere(
      'DROP TABLE IF EXISTS things; CREATE TABLE things (id int); INSERT INTO things VALUES (1)',
    )
    const all: Query = { text: 'SELECT * FROM things WHERE id = $1', values: [1] }
    for (let time = 0; time < 3; time++) expect(await side.run(all)).toEqual([[{ id: 1 }]])
    await elsewhere("ALTER TABLE things ADD COLUMN name text DEFAULT 'one'")
    expect(await side.run(all, all)).toEqual([[{ id: 1, name: 'one' }], [{ id: 1, name: 'one' }]])
    await elsewhere('ALTER TABLE things DROP COLUMN name')
    expect(await side.run({ text: 'BEGIN' }, all, { text: 'ROLLBACK' }, all)).toEqual([
      [],
      '0A000',
      [],
      [{ id: 1 }],
    ])
    expect(await side.run({ text: 'BEGIN' }, all, { text: 'COMMIT' })).toEqual([[], [{ id: 1 }], []])
  })

  test('takes parameters of the types that the table’s columns have become', async () => {
    const side = sides()
    await elsewhere('DROP TABLE IF EXISTS sizes; CREATE TABLE sizes (size smallint)')
    const insert = (size: number): Query => ({
      text: 'INSERT INTO sizes VALUES ($1) RETURNING size',
      values: [size],
    })
    for (let time = 0; time < 3; time++) expect(await side.run(insert(1))).toEqual([[{ size: 1 }]])
    await elsewhere('ALTER TABLE sizes ALTER COLUMN size TYPE int')
    expect(await side.run(insert(1_000_000))).toEqual([[{ size: 1_000_000 }]])
    await elsewhere("ALTER TABLE sizes ALTER COLUMN size TYPE text USING 'x'")
    expect(await side.run({ ...insert(1), values: ['long'] })).toEqual([[{ size: 'long' }]])
  })

  test('is one of a hundred at the most', async () => {
    const { run, broker } = sides()
    const texts = Array.from({ length: 130 }, (_, at) => ({
      text: `SELECT $1::int + ${at} AS value`,
      values: [1],
    }))
    for (let time = 0; time < 3; time++)
      expect(await run(...texts)).toEqual(texts.map((_, at) => [{ value: at + 1 }]))
    for (const [at, text] of texts.slice(0, 40).entries())
      expect(await run(text)).toEqual([[{ value: at + 1 }]])
    const [rows] = (await run({ text: 'SELECT count(*)::int FROM pg_prepared_statements' })) as [
      { count: number }[],
    ]
    expect(rows[0]!.count).toBeLessThanOrEqual(100)
    await untilQuiet(broker)
  })
})

describe('a transaction', () => {
  test('uses what is kept, and leaves it', async () => {
    const side = sides()
    await kept(side)
    const before = await since(side)
    for (let time = 0; time < 3; time++)
      expect(await side.run({ text: 'BEGIN' }, add(1), { text: 'COMMIT' })).toEqual([[], [{ value: 2 }], []])
    const fails: Query = { text: 'SELECT 1 / $1::int', values: [0] }
    expect(await side.run({ text: 'BEGIN' }, fails, { text: 'ROLLBACK' })).toEqual([[], '22012', []])
    expect([before, await since(side)]).toEqual([expect.any(String), before])
  })
})

test('a lease of options of its own uses what is kept', async () => {
  const { broker } = start()
  const run = (readOnly?: boolean) =>
    broker.withConnection(
      async (client) => {
        const { rows } = await client.query(`${ADD}, current_setting('transaction_read_only') AS only`, [1])
        return rows[0]
      },
      readOnly === undefined ? {} : { readOnly },
    )
  for (let time = 0; time < 3; time++) {
    expect(await run(true)).toEqual({ value: 2, only: 'on' })
    expect(await run()).toEqual({ value: 2, only: 'off' })
  }
})

test('a hook’s settings are there, with what is kept', async () => {
  const side = start({ onConnect: (client) => client.query("SET work_mem = '3MB'") })
  await kept(side)
  const before = await since(side)
  expect(await side.run(add(1), { text: 'SHOW work_mem' })).toEqual([[{ value: 2 }], [{ work_mem: '3MB' }]])
  expect([before, await since(side)]).toEqual([expect.any(String), before])
})

test('a reset of the user’s own, and statements that last, are refused together', () => {
  expect(() => lending.broker(options({ resetQuery: 'RESET ALL' }))).toThrow(
    expect.objectContaining({ code: 'PGLEASE_CONFIGURATION' }),
  )
})
