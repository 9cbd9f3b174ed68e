import { ConfigurationError, type LeasedClient } from '@pglease/client'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { Lending } from '../../support/lending.js'

const database: TestDatabase = await createTestDatabase()
const lending = new Lending(database)

const ADD = 'SELECT $1::int + 1 AS value'

/** Runs this in a session of its own. */
async function elsewhere(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

/** The texts that the server keeps for this session. Asking changes nothing. */
async function kept(client: LeasedClient): Promise<string[]> {
  const { rows } = await client.query('SELECT statement FROM pg_prepared_statements ORDER BY prepare_time')
  return rows.map(({ statement }) => statement)
}

async function add(client: LeasedClient, times: number): Promise<number[]> {
  const values: number[] = []
  for (let value = 0; value < times; value++) values.push((await client.query(ADD, [value])).rows[0].value)
  return values
}

describe('a text with parameters', () => {
  test('that is used once is not kept, and from the second use on it is', async () => {
    await lending.broker().withConnection(async (client) => {
      expect(await add(client, 1)).toEqual([1])
      expect(await kept(client)).toEqual([])
      expect(await add(client, 3)).toEqual([1, 2, 3])
      expect(await kept(client)).toEqual([ADD])
    })
  })

  test('is not kept for the next lease', async () => {
    const broker = lending.broker({ max: 1 })
    await broker.withConnection((client) => add(client, 3))
    expect(await broker.withConnection(kept)).toEqual([])
    expect(broker.stats().default).toMatchObject({ opened: 1 })
  })

  test('is not kept where the database says so', async () => {
    await lending.broker({ prepare: false }).withConnection(async (client) => {
      await add(client, 5)
      expect(await kept(client)).toEqual([])
    })
  })

  test.each([
    ['drops', "SET work_mem = '5MB'; DISCARD ALL", [ADD]],
    ['drops', 'RESET ALL; deallocate prepare all', [ADD]],
    ['would leave', 'RESET ALL', []],
    ['would leave', '', []],
  ])('is kept where the reset %s it: %j', async (_does, resetQuery, texts) => {
    await lending.broker({ resetQuery }).withConnection(async (client) => {
      await add(client, 5)
      expect(await kept(client)).toEqual(texts)
    })
    const asks = () => lending.broker({ resetQuery, prepare: true })
    if (texts.length > 0) asks()
    else expect(asks).toThrow(ConfigurationError)
  })

  test('is kept in a thread', async () => {
    const executor = lending.executor(lending.broker(), 'manners/basics.js')
    expect(await executor.run(ADD, { name: 'keeps' })).toEqual([ADD])
  })

  test('is kept in pipeline mode once the server has answered, and each query gets its own answer', async () => {
    const broker = lending.broker()
    await broker.withConnection(
      async (client) => {
        for (let round = 0; round < 3; round++) {
          const values = [...Array(8).keys()]
          const rows = await Promise.all(values.map((value) => client.query(ADD, [value])))
          expect(rows.map(({ rows: [row] }) => row.value)).toEqual(values.map((value) => value + 1))
        }
        expect(await kept(client)).toEqual([ADD])
      },
      { pipeline: true },
    )
  })

  test('is parsed with a hundred others at the most', async () => {
    await lending.broker().withConnection(async (client) => {
      for (let text = 0; text < 150; text++)
        for (let use = 0; use < 3; use++)
          expect((await client.query(`SELECT $1::int + ${text} AS value`, [use])).rows).toEqual([
            { value: use + text },
          ])
      expect((await kept(client)).length).toBe(100)
    })
  })
})

describe('a text that fails', () => {
  test('when it is parsed works once it can be', async () => {
    await lending.broker().withConnection(async (client) => {
      const count = () => client.query('SELECT count(*)::int AS n FROM comes_later WHERE n > $1', [0])
      for (let use = 0; use < 3; use++) await expect(count()).rejects.toMatchObject({ code: '42P01' })
      await client.query('CREATE TEMP TABLE comes_later AS SELECT 1 AS n')
      for (let use = 0; use < 3; use++) expect((await count()).rows).toEqual([{ n: 1 }])
    })
  })

  test('for one value works for the next', async () => {
    await lending.broker().withConnection(async (client) => {
      const divide = (by: unknown) => client.query('SELECT 6 / $1::int AS value', [by])
      for (let use = 0; use < 3; use++) {
        await expect(divide(0)).rejects.toMatchObject({ code: '22012' })
        expect((await divide(2)).rows).toEqual([{ value: 3 }])
        await expect(divide('six')).rejects.toMatchObject({ code: '22P02' })
        const bad = {
          toPostgres: () => {
            throw new Error('not this one')
          },
        }
        await expect(divide(bad)).rejects.toThrow('not this one')
      }
    })
  })

  test('behind another in the same pipeline fails alone', async () => {
    await lending.broker().withConnection(
      async (client) => {
        for (let round = 0; round < 4; round++) {
          const queries = [1, 0, 2].map((by) => client.query('SELECT 6 / $1::int AS value', [by]))
          const [one, none, two] = await Promise.allSettled(queries)
          expect(one).toMatchObject({ value: { rows: [{ value: 6 }] } })
          expect(none).toMatchObject({ reason: { code: '22012' } })
          expect(two).toMatchObject({ value: { rows: [{ value: 3 }] } })
        }
      },
      { pipeline: true },
    )
  })
})

/** What `pg` would answer, each time with a fresh statement. */
describe('a text means what it means when it is sent', () => {
  const READ = 'SELECT * FROM changing WHERE a >= $1'

  test.each([
    ['a column more', 'ALTER TABLE changing ADD COLUMN b int DEFAULT 7', [{ a: 1, b: 7 }]],
    ['another type', 'ALTER TABLE changing ALTER COLUMN a TYPE text', [{ a: '1' }]],
    [
      'another table',
      'DROP TABLE changing; CREATE TABLE changing AS SELECT 2 AS a, 3 AS c',
      [{ a: 2, c: 3 }],
    ],
  ])('behind a change of the table, by this session or by another: %s', async (_what, change, rows) => {
    for (const isOwn of [true, false]) {
      await elsewhere('DROP TABLE IF EXISTS changing; CREATE TABLE changing AS SELECT 1 AS a')
      await lending.broker().withConnection(async (client) => {
        const value = () => (change.includes('text') ? '1' : 1)
        for (let use = 0; use < 3; use++) expect((await client.query(READ, [1])).rows).toEqual([{ a: 1 }])
        await (isOwn ? client.query(change) : elsewhere(change))
        for (let use = 0; use < 3; use++) expect((await client.query(READ, [value()])).rows).toEqual(rows)
      })
    }
  })

  test('where a parameter has got a larger type', async () => {
    await elsewhere('DROP TABLE IF EXISTS growing; CREATE TABLE growing (a int)')
    await lending.broker().withConnection(async (client) => {
      const insert = (value: unknown) => client.query('INSERT INTO growing VALUES ($1) RETURNING a', [value])
      for (let use = 0; use < 3; use++) await insert(1)
      await elsewhere('ALTER TABLE growing ALTER COLUMN a TYPE bigint')
      expect((await insert('5000000000')).rows).toEqual([{ a: '5000000000' }])
    })
  })

  test('where the type of a parameter is another one of the same name', async () => {
    const MAKE = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE moods AS SELECT 'sad'::mood AS mood"
    await elsewhere(MAKE)
    await lending.broker().withConnection(async (client) => {
      const count = async () =>
        (await client.query('SELECT count(*)::int AS n FROM moods WHERE mood = $1', ['sad'])).rows
      for (let use = 0; use < 3; use++) expect(await count()).toEqual([{ n: 1 }])
      await elsewhere(`DROP TABLE moods; DROP TYPE mood; ${MAKE}`)
      for (let use = 0; use < 3; use++) expect(await count()).toEqual([{ n: 1 }])
    })
    await elsewhere('DROP TABLE moods; DROP TYPE mood')
  })

  test('behind a change that stands behind a comment in a comment', async () => {
    await elsewhere('DROP TABLE IF EXISTS nested; CREATE TABLE nested AS SELECT 1 AS a')
    await lending.broker().withConnection(async (client) => {
      await client.query('BEGIN')
      const read = async () => (await client.query('SELECT * FROM nested WHERE a = $1', [1])).rows
      for (let use = 0; use < 3; use++) expect(await read()).toEqual([{ a: 1 }])
      await client.query('/* /* */ select */ ALTER TABLE nested ADD COLUMN b int')
      for (let use = 0; use < 3; use++) expect(await read()).toEqual([{ a: 1, b: null }])
      await client.query('ROLLBACK')
    })
  })

  test.each([
    ['a setting', "SET timezone = 'Asia/Tokyo'"],
    ['a setting of this transaction', "BEGIN; SET LOCAL timezone = 'Asia/Tokyo'"],
    ['a call that sets', "SELECT set_config('timezone', 'Asia/Tokyo', false)"],
    ['a function that sets', 'SELECT goes_to_tokyo()'],
  ])('behind %s', async (_what, change) => {
    await elsewhere(
      `CREATE OR REPLACE FUNCTION goes_to_tokyo() RETURNS void LANGUAGE plpgsql AS
       $$ BEGIN SET timezone = 'Asia/Tokyo'; END $$`,
    )
    await lending.broker().withConnection(async (client) => {
      await client.query("SET timezone = 'UTC'")
      const text = "SELECT extract(epoch FROM '2020-01-01 00:00'::timestamptz)::int + $1::int AS value"
      const value = async () => (await client.query(text, [0])).rows[0].value
      const utc = [await value(), await value(), await value()]
      await client.query(change)
      const tokyo = [await value(), await value(), await value()]
      expect(new Set(utc)).toEqual(new Set([1577836800]))
      expect(new Set(tokyo)).toEqual(new Set([1577836800 - 9 * 3600]))
      if (change.startsWith('BEGIN')) await client.query('ROLLBACK')
      if (change.startsWith('BEGIN')) expect(await value()).toBe(1577836800)
    })
  })

  test('where it names a moment', async () => {
    await lending.broker().withConnection(async (client) => {
      const now = async () =>
        (await client.query("SELECT 'now'::timestamptz - $1::interval AS at", ['0'])).rows[0].at
      const first = [await now(), await now(), await now()]
      await expect.poll(async () => Number(await now())).toBeGreaterThan(Number(first[2]))
    })
  })

  test.each(['DEALLOCATE ALL', 'DISCARD ALL', "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"])(
    'behind %s',
    async (statement) => {
      await lending.broker().withConnection(async (client) => {
        expect(await add(client, 3)).toEqual([1, 2, 3])
        await client.query(statement)
        expect(await add(client, 3)).toEqual([1, 2, 3])
      })
    },
  )

  test('where the server has lost the statement behind the back of its client', async () => {
    await elsewhere(
      `CREATE OR REPLACE FUNCTION drops_statements() RETURNS void LANGUAGE plpgsql AS
       $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`,
    )
    await lending.broker().withConnection(async (client) => {
      expect(await add(client, 3)).toEqual([1, 2, 3])
      await client.query('SELECT drops_statements()')
      expect(await add(client, 3)).toEqual([1, 2, 3])
    })
  })
})

test('a transaction takes no statement from before it, so that no change of another session can fail it', async () => {
  await elsewhere('DROP TABLE IF EXISTS moving; CREATE TABLE moving AS SELECT 1 AS a')
  await lending.broker().withConnection(async (client) => {
    const read = async () => (await client.query('SELECT * FROM moving WHERE a = $1', [1])).rows
    for (let use = 0; use < 3; use++) await read()
    await client.query('BEGIN')
    await elsewhere('ALTER TABLE moving ADD COLUMN b int')
    for (let use = 0; use < 3; use++) expect(await read()).toEqual([{ a: 1, b: null }])
    await client.query('COMMIT')
  })
})

test('a query that is cancelled while the server refuses its statement is not sent again', async () => {
  await elsewhere('DROP TABLE IF EXISTS refused; CREATE TABLE refused AS SELECT 1 AS a')
  await lending.broker().withConnection(async (client) => {
    const read = () => client.query('SELECT * FROM refused, pg_sleep(a) WHERE a <= $1', [0])
    for (let use = 0; use < 3; use++) await read()
    await elsewhere('ALTER TABLE refused ADD COLUMN b int; UPDATE refused SET a = 0')
    const answer = read()
    // The server looks at the statement before it hears of the cancel, for which it needs a connection of its own.
    client.cancelQuery()
    await expect(answer).rejects.toMatchObject({ code: '57014' })
    expect((await read()).rows).toHaveLength(1)
  })
})

test('a cursor of a text that is kept reads as any', async () => {
  await lending.broker().withConnection(async (client) => {
    const text = 'SELECT i FROM generate_series(1, $1::int) AS i'
    for (let use = 0; use < 3; use++) expect((await client.query(text, [4])).rows).toHaveLength(4)
    for (let use = 0; use < 3; use++) {
      const cursor = client.query(new Cursor(text, [5]))
      expect(await cursor.read(3)).toHaveLength(3)
      expect(await cursor.read(3)).toHaveLength(2)
      await cursor.close()
      const paged: object = { text, values: [5], rows: 2 }
      expect((await client.query(paged as pg.QueryConfig)).rows).toHaveLength(5)
    }
  })
})

test('a name of the user’s own and a kept text do not meet', async () => {
  await lending.broker().withConnection(async (client) => {
    const named = (value: number) =>
      client.query({ name: 'pglease_0', text: 'SELECT $1::int * 2 AS value', values: [value] })
    for (let use = 0; use < 3; use++) {
      expect((await named(4)).rows).toEqual([{ value: 8 }])
      expect(await add(client, 3)).toEqual([1, 2, 3])
    }
  })
})
