/** What programs do with a `pg.Pool`: the same for a pool of its own and for one of leases. */
import pg from 'pg'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'

const failure = (promise) =>
  promise.then(
    () => 'no failure',
    (error) => ({ message: error.message, code: error.code, cause: error.cause?.code }),
  )

const called = (call) => new Promise((resolve) => call((...values) => resolve(values)))

export const poolUses = {
  async 'queries with promises'(pool) {
    return [
      (await pool.query('SELECT 1 AS a')).rows,
      (await pool.query('SELECT $1::int AS a', [2])).rows,
      (await pool.query({ text: 'SELECT $1::int AS a', values: [3] })).rows,
      await failure(pool.query('SELECT a')),
      await failure(pool.query(null)),
    ]
  },
  async 'queries with callbacks'(pool) {
    const answers = [
      await called((done) => pool.query('SELECT 1 AS a', done)),
      await called((done) => pool.query('SELECT $1::int AS a', [2], done)),
      await called((done) => pool.query({ text: 'SELECT 3 AS a' }, done)),
      await called((done) => pool.query('SELECT a', done)),
      await called((done) => pool.query(done)),
    ]
    return answers.map(([error, result]) => [error?.message, result?.rows])
  },
  async 'a submitted query'(pool) {
    const rows = []
    const query = new pg.Query('SELECT 1 AS a')
    query.on('row', (row) => rows.push(row))
    const [error, result] = await called((done) => pool.query(query, done))
    return [error, result.rows, rows]
  },
  async 'a client with a callback, given back by its third argument'(pool) {
    const [error, client, done] = await called((callback) => pool.connect(callback))
    const { rows } = await client.query('SELECT 1 AS a')
    done()
    return [error, rows, pool.totalCount - pool.idleCount]
  },
  async 'a client that is given back twice'(pool) {
    const client = await pool.connect()
    await client.query('SELECT 1')
    client.release()
    return failure((async () => client.release())())
  },
  async 'a client that was ended by hand and given back'(pool) {
    const client = await pool.connect()
    await client.end()
    client.release()
    return (await pool.query('SELECT 1 AS a')).rows
  },
  async 'its events'(pool) {
    const events = []
    for (const event of ['connect', 'acquire', 'release']) pool.on(event, () => events.push(event))
    await (await pool.connect()).release()
    return events
  },
  async 'no more clients at a time than its max'(pool) {
    const held = [await pool.connect(), await pool.connect()]
    const third = pool.connect()
    const seen = [pool.totalCount, pool.waitingCount]
    held[0].release()
    ;(await third).release()
    held[1].release()
    return [seen, pool.waitingCount]
  },
  async 'the end, which waits for clients that are out'(pool) {
    const client = await pool.connect()
    let isOver = false
    const end = pool.end().then(() => {
      isOver = true
    })
    const early = [isOver, pool.ending, pool.ended, (await client.query('SELECT 1 AS a')).rows]
    client.release()
    await end
    return [
      early,
      pool.ended,
      await failure(pool.connect()),
      await failure(pool.query('SELECT 1')),
      await failure(pool.end()),
    ]
  },
  async 'a cursor and a stream of a client'(pool) {
    const client = await pool.connect()
    const cursor = client.query(new Cursor('SELECT * FROM generate_series(1, 100) AS n'))
    const first = await cursor.read(3)
    await cursor.close()
    const rows = []
    for await (const { n } of client.query(new QueryStream('SELECT * FROM generate_series(1, 100) AS n')))
      rows.push(n)
    client.release()
    return [first, rows.length]
  },
}
