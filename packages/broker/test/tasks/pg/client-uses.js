/**
 * What programs do with a client of `pg`. Each use gets two connected clients and gives what it has seen, the same for
 * a client with a connection of its own and for a leased one.
 */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { TYPES } from './types.js'

/** The failure as a value, with all its fields. */
const failure = (promise) =>
  promise.then(
    () => 'no failure',
    (error) => ({ ...error, name: error.name, message: error.message, type: error.constructor.name }),
  )

const called = (call) =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))

const seriesOf = (length) => `SELECT n, 'row ' || n AS name FROM generate_series(1, ${length}) AS n`

export const clientUses = {
  async 'every type that pg parses, as text'(client) {
    return (await client.query(`SELECT ${TYPES.join()}`)).rows
  },
  async 'every type that pg parses, with parameters'(client) {
    return (await client.query(`SELECT ${TYPES.join()}, $1::int AS one`, [1])).rows
  },
  async 'the types that pg reads in binary'(client) {
    const text = `SELECT 7::int2, 42::int4, 1::int8, 1.5::float4, -2.25::float8, true, NULL::int, 'ascii'::text`
    return (await client.query({ text, rowMode: 'array', binary: true })).rows
  },
  async 'values of every kind as parameters'(client) {
    const values = [
      7,
      1.5,
      'text ⛰ "quoted" \\ \'',
      true,
      null,
      undefined,
      Buffer.from([0, 1, 254, 255]),
      new Date('2026-02-03T04:05:06.789Z'),
      { json: ['a', { b: null }] },
      ['x', 'y "z"', null],
      [
        [1, 2],
        [3, 4],
      ],
      { toPostgres: () => 'its own form' },
    ]
    const types = 'int float8 text bool text text bytea timestamptz jsonb text[] int[] text'.split(' ')
    const columns = types.map((type, i) => `$${i + 1}::${type} AS v${i}`)
    return (await client.query(`SELECT ${columns.join()}`, values)).rows
  },
  async 'a parameter that cannot be written, and a query behind it'(client) {
    const fails = { toPostgres: () => JSON.parse('no JSON') }
    return [
      await failure(client.query('SELECT $1::text', [fails])),
      (await client.query('SELECT 1 AS one')).rows,
    ]
  },
  async 'the description of a result'(client) {
    const { rows, fields, command, rowCount, oid } = await client.query('SELECT 1::int AS a, NULL::text AS b')
    return { rows, fields, command, rowCount, oid }
  },
  async 'rows as arrays, with columns of one name'(client) {
    return (await client.query({ text: 'SELECT 1 AS a, 2 AS a', rowMode: 'array' })).rows
  },
  async 'several statements in one query'(client) {
    const results = await client.query('CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (2); TABLE t')
    return results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows }))
  },
  async 'an empty query'(client) {
    const { rows, command } = await client.query('')
    return { rows, command }
  },
  async 'queries sent without waiting for the answer of the one before'(client) {
    const answers = [1, 2, 3].map((n) => client.query('SELECT $1::int AS n', [n]))
    return (await Promise.all(answers)).map(({ rows }) => rows)
  },
  async 'queries in pipeline mode, one of which fails'(client) {
    client.pipeline = true
    const texts = ['SELECT $1::int AS n', 'SELECT $1::int / 0 AS n', 'SELECT $1::int + 1 AS n']
    const answers = await Promise.all(texts.map((each) => failure(client.query(each, [1]))))
    const many = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        client.query({ name: 'adds', text: 'SELECT $1::int + 1 AS n', values: [i] }),
      ),
    )
    return [answers, many.map(({ rows }) => rows[0].n)]
  },
  async 'a named statement, prepared once and used twice'(client) {
    const add = (values) => client.query({ name: 'adds', text: 'SELECT $1::int + 1 AS sum', values })
    const sums = [(await add([1])).rows, (await add([41])).rows]
    const { rows } = await client.query('SELECT name, statement FROM pg_prepared_statements')
    return [sums, rows]
  },
  async 'one name for two statements'(client) {
    await client.query({ name: 'one', text: 'SELECT 1' })
    return failure(client.query({ name: 'one', text: 'SELECT 2' }))
  },
  async 'a result in portions'(client) {
    const { rows } = await client.query({ text: seriesOf(10), rows: 3 })
    return rows
  },
  'callbacks of every form': (client) =>
    Promise.all([
      called((done) => client.query('SELECT 1 AS a', done)),
      called((done) => client.query('SELECT $1::int AS a', [2], done)),
      called((done) => client.query({ text: 'SELECT $1::int AS a', values: [3] }, done)),
      called((done) => client.query({ text: 'SELECT $1::int AS a' }, [4], done)),
      called((done) => client.query({ text: 'SELECT 5 AS a', callback: done })),
      failure(called((done) => client.query('SELECT a', done))),
      failure(called((done) => client.query('SELECT $1::int', 'no array', done))),
    ]).then((results) => results.map((result) => result.rows ?? result)),
  async 'a submitted query and its events'(client) {
    const query = client.query(new pg.Query('SELECT 1 AS a UNION SELECT 2'))
    const rows = []
    query.on('row', (row) => rows.push(row))
    const [result] = await once(query, 'end')
    return [rows, result.command, result.rowCount]
  },
  async 'a submitted query that fails'(client) {
    const [error] = await once(client.query(new pg.Query('SELECT a')), 'error')
    return failure(Promise.reject(error))
  },
  'a submitted query with a callback': (client) =>
    called((done) => client.query(new pg.Query('SELECT 1 AS a'), done)).then(({ rows }) => rows),
  'no query at all': async (client) => failure((async () => client.query(undefined))()),
  async 'errors with all their fields'(client) {
    await client.query('CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL CHECK (length(name) > 1))')
    await client.query("INSERT INTO t VALUES (1, 'one')")
    const statements = [
      "INSERT INTO t VALUES (1, 'two')",
      'INSERT INTO t VALUES (2)',
      "INSERT INTO t VALUES (2, '2')",
      'SELECT nothing FROM t',
      'SELEC 1',
      `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'P0042', DETAIL = 'why', HINT = 'how'; END $$`,
    ]
    const failures = []
    for (const statement of statements) failures.push(await failure(client.query(statement)))
    await client.query('DROP TABLE t')
    return failures
  },
  async 'the status of transactions, and a failed one'(client) {
    await client.query('SELECT 1')
    const seen = [client.getTransactionStatus()]
    await client.query('BEGIN')
    seen.push(client.getTransactionStatus())
    // A query fails before its status comes; the next fails after that.
    for (const text of ['SELECT 1/0', 'SELECT 1']) seen.push(await failure(client.query(text)))
    seen.push(client.getTransactionStatus())
    await client.query('ROLLBACK')
    return [...seen, client.getTransactionStatus()]
  },
  async 'notices, with their fields'(client) {
    const notices = []
    client.on('notice', ({ severity, message, code, detail }) =>
      notices.push({ severity, message, code, detail }),
    )
    await client.query(`DO $$ BEGIN
      RAISE NOTICE 'first' USING DETAIL = 'a detail';
      RAISE WARNING 'second' USING ERRCODE = '01042';
    END $$`)
    return notices
  },
  async 'notifications between two clients, and to itself'(client, other) {
    const heard = []
    const twice = new Promise((resolve) =>
      client.on(
        'notification',
        ({ channel, payload }) => heard.push({ channel, payload }) === 2 && resolve(),
      ),
    )
    await client.query('LISTEN news')
    await other.query("SELECT pg_notify('news', 'from another')")
    await client.query("NOTIFY news, 'from itself'")
    await twice
    return heard.map(({ payload }) => payload).sort()
  },
  async 'parsers of values of its own'(client) {
    client.setTypeParser(pg.types.builtins.INT4, (value) => `own ${value}`)
    const types = { getTypeParser: () => (value) => `query's ${value}` }
    return [
      (await client.query('SELECT 1 AS a')).rows,
      (await client.query({ text: 'SELECT 1 AS a', types })).rows,
      client.getTypeParser(pg.types.builtins.INT4)('2'),
    ]
  },
  async 'a cursor read in parts, to its end'(client) {
    const cursor = client.query(new Cursor(`${seriesOf(250)} WHERE n > $1`, [50]))
    const parts = []
    for (let part = await cursor.read(80); part.length > 0; part = await cursor.read(80)) parts.push(part)
    await cursor.close()
    return parts
  },
  async 'a cursor closed early, and a query behind it'(client) {
    const cursor = client.query(new Cursor(seriesOf(100_000)))
    const first = await cursor.read(2)
    await cursor.close()
    return [first, (await client.query('SELECT 1 AS one')).rows]
  },
  'a cursor that fails': (client) =>
    failure(client.query(new Cursor('SELECT 1 / (3 - n) FROM generate_series(1, 9) n')).read(9)),
  async 'a stream of rows'(client) {
    const rows = []
    for await (const row of client.query(new QueryStream(seriesOf(5000), [], { batchSize: 100 })))
      rows.push(row)
    return [rows.length, rows.at(0), rows.at(-1)]
  },
  async 'a stream of rows that its reader leaves'(client) {
    const rows = []
    for await (const row of client.query(new QueryStream(seriesOf(100_000)))) {
      rows.push(row)
      if (rows.length === 3) break
    }
    return [rows, (await client.query('SELECT 1 AS one')).rows]
  },
  async 'COPY in and out of 20 MB'(client) {
    await client.query('CREATE TEMP TABLE copied (n int, filler text)')
    const lines = Readable.from(
      (function* () {
        for (let n = 0; n < 20_000; n++) yield `${n}\t${String(n % 10).repeat(1000)}\n`
      })(),
    )
    const into = client.query(copyFrom('COPY copied FROM STDIN'))
    await pipeline(lines, into)
    const { rows } = await client.query('SELECT count(*), sum(n), sum(length(filler)) FROM copied')
    const out = await text(client.query(copyTo('COPY (SELECT * FROM copied ORDER BY n) TO STDOUT')))
    return [into.rowCount, rows, out.length, out.slice(0, 50), out.slice(-50)]
  },
  async 'COPY in that the server refuses, and a query behind it'(client) {
    await client.query('CREATE TEMP TABLE copied (n int)')
    const into = client.query(copyFrom('COPY copied FROM STDIN'))
    return [
      await failure(pipeline(Readable.from(['1\n', 'no number\n']), into)),
      (await client.query('TABLE copied')).rows,
    ]
  },
  async 'COPY in that the client gives up, and a query behind it'(client) {
    await client.query('CREATE TEMP TABLE copied (n int)')
    const into = client.query(copyFrom('COPY copied FROM STDIN'))
    const interrupted = Readable.from(
      (async function* () {
        yield '1\n'
        throw new Error('the source broke')
      })(),
    )
    return [await failure(pipeline(interrupted, into)), (await client.query('TABLE copied')).rows]
  },
  async 'a drain after the last query'(client) {
    const drained = once(client, 'drain')
    client.query('SELECT 1')
    client.query('SELECT 2')
    await drained
    return 'drained'
  },
  async 'a query that takes longer than its query_timeout'(client) {
    return failure(client.query({ text: 'SELECT pg_sleep(0.2)', query_timeout: 20 }))
  },
  async 'the end, and use after it'(client) {
    await client.query('SELECT 1')
    const ended = once(client, 'end')
    await client.end()
    await ended
    await client.end()
    return [
      await failure(client.query('SELECT 1')),
      await failure(called((done) => client.query('SELECT 1', done))),
    ]
  },
  async 'the end with a callback, and a query under way'(client) {
    const query = failure(client.query('SELECT pg_sleep(0.2)'))
    await new Promise((resolve) => client.end(resolve))
    return query
  },
  async 'the end in pipeline mode, which waits for what was sent'(client) {
    client.pipeline = true
    const sent = [1, 2].map((n) => client.query('SELECT $1::int AS n', [n]))
    await client.end()
    return (await Promise.all(sent)).map(({ rows }) => rows)
  },
  async 'a connect of a client that is connected'(client) {
    await client.connect().catch(() => {})
    return [await failure(client.connect()), await failure(called((done) => client.connect(done)))]
  },
  /** Of another class than pg's, which has one or the other by chance. */
  async 'the loss of the connection'(client, other) {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    const told = once(client, 'error')
    const waiting = failure(client.query('SELECT pg_sleep(3600)'))
    await other.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
    await told
    // On TCP the network may be the first to say so.
    const message = (await waiting).message.replace('read ECONNRESET', 'Connection terminated unexpectedly')
    return [message, (await failure(client.query('SELECT 1'))).message]
  },
  async 'the process id, as the server gives it'(client) {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    return client.processID === rows[0].pid
  },
}
