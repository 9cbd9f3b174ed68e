/** Tasks that go on to send when they are aborted, in a thread that may not have heard of it. */
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import copy from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'

const WRITE = 'INSERT INTO sent_on VALUES (1)'
const WRITE_MANY = 'INSERT INTO sent_on SELECT generate_series(1, 300) RETURNING n'

/** Hears of no event until the test lets it. */
function compute({ cells, context: { reportProgress } }) {
  reportProgress('computes')
  Atomics.wait(cells, 0, 0)
}

/** Goes on with its events meanwhile. */
async function untilTold(cells, ask) {
  ask()
  while (Atomics.load(cells, 0) === 0) await sleep(1)
  Atomics.store(cells, 0, 0)
}

/** Rejects at the abort, which it hears of in time. */
async function wait({ context: { reportProgress, signal } }) {
  const isAborted = once(signal, 'abort')
  reportProgress('waits')
  await isAborted
  throw signal.reason
}

const begun = async (db) => {
  await db.query('BEGIN')
  await db.query(WRITE)
}

const WAYS = {
  async 'a COMMIT in its queue'(it, { db }) {
    await begun(db)
    const answers = [db.query('SELECT 2'), db.query('COMMIT')]
    compute(it)
    await Promise.all(answers)
  },

  async 'a write in its queue'(it, { db }) {
    const answers = [db.query('SELECT 2'), db.query(WRITE)]
    compute(it)
    await Promise.all(answers)
  },

  async 'a write behind connect'(it, { db }) {
    const answers = [db.connect(), db.query(WRITE)]
    compute(it)
    await Promise.all(answers)
  },

  async 'a write in the queue of a client that it has released'(it, { pool }) {
    const client = await pool().connect()
    const answers = [client.query('SELECT 2'), client.query(WRITE)]
    client.release()
    compute(it)
    await Promise.all(answers)
  },

  async 'a COMMIT that it gathers for a pipeline'(it, { database }) {
    const db = database('default', { pipeline: true })
    await begun(db)
    const answer = db.query({ name: 'ends', text: 'COMMIT' })
    compute(it)
    await answer
  },

  async 'a first query that it gathers for a pipeline'(it, { database }) {
    const answer = database('default', { pipeline: true }).query('INSERT INTO sent_on VALUES ($1)', [1])
    compute(it)
    await answer
  },

  async 'the end of a COPY'(it, { db }) {
    await db.query('SELECT 1')
    const stream = db.query(copy.from('COPY sent_on FROM STDIN'))
    const done = finished(stream)
    await new Promise((resolve) => stream.write('1\n', resolve))
    compute(it)
    stream.end('2\n')
    await done
  },

  async 'the end of a COPY that has not begun'(it, { db }) {
    await db.query('SELECT 1')
    const stream = db.query(copy.from('COPY sent_on FROM STDIN'))
    const done = finished(stream)
    stream.end('1\n')
    compute(it)
    await done
  },

  async 'the close of a cursor'(it, { db }) {
    const cursor = db.query(new Cursor(WRITE_MANY))
    await cursor.read(1)
    compute(it)
    await cursor.close()
  },

  async 'the first read of a cursor'(it, { db }) {
    const cursor = db.query(new Cursor(WRITE_MANY))
    compute(it)
    while ((await cursor.read(100)).length > 0);
  },

  async 'the rest of a stream'(it, { db }) {
    let count = 0
    for await (const _row of db.query(new QueryStream(WRITE_MANY, [], { batchSize: 10 })))
      if (++count === 5) compute(it)
  },

  async 'a message of its connection'(it, { db }) {
    await begun(db)
    compute(it)
    db.connection.query('COMMIT')
    await sleep(5)
  },

  async 'bytes written to its stream'(it, { db }) {
    await begun(db)
    compute(it)
    db.connection.stream.write(Buffer.concat([Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1')]))
    await sleep(5)
  },

  /** A statement that the server has kept, and refuses because the table is another: it would be sent again. */
  async 'a query that is refused and sent again'(it, { db, reportProgress }) {
    const write = () => db.query('INSERT INTO sent_on (n) VALUES ($1) RETURNING *', [1])
    for (let time = 0; time < 3; time++) await write()
    await untilTold(it.cells, () => reportProgress('alter'))
    const answer = write()
    compute(it)
    await answer
  },

  async 'the Sync of a cursor that writes, though it hears of it'(it, { db }) {
    await db.query(new Cursor(WRITE_MANY)).read(1)
    await wait(it)
  },

  async 'the Sync of a stream that writes, though it hears of it'(it, { db }) {
    const rows = db.query(new QueryStream(WRITE_MANY, [], { batchSize: 10 }))
    await rows[Symbol.asyncIterator]().next()
    await wait(it)
  },
}

export const sendsOn = ({ cells, way }, context) => WAYS[way]({ cells, context }, context)

/** What it sends waits in the broker's line. */
export async function waitsForConnection(cells, context) {
  const answer = context.db.query(WRITE)
  await untilTold(cells, () => context.reportProgress('asks'))
  compute({ cells, context })
  await answer
}

/** The same of many at a time. */
export async function waitsForMany(cells, context) {
  const pool = context.pool()
  const answers = Array.from({ length: 2000 }, () => pool.query(WRITE))
  await untilTold(cells, () => context.reportProgress('asks'))
  compute({ cells, context })
  await Promise.allSettled(answers)
}

/** Never looks up again, with a cursor that has written. */
export async function isEndedInCursor(_, { db, reportProgress }) {
  await db.query(new Cursor(WRITE_MANY)).read(1)
  reportProgress('computes')
  for (;;);
}

export const reportsAtItsEnd = (_, { reportProgress }) => reportProgress('ends')

export const asks = async (_, { db }) => (await db.query('SELECT 1 AS one')).rows

/** As programs are written for a pool; swallows nothing. */
export async function endsByHand(cells, context) {
  const client = await context.pool().connect()
  try {
    await begun(client)
    compute({ cells, context })
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

export async function swallows(cells, context) {
  await begun(context.db)
  compute({ cells, context })
  await context.db.query('COMMIT').catch(() => {})
}

/** Fails of something else while a query of its transaction is under way. */
export const failsMeanwhile = (_, { withTransaction }) =>
  withTransaction((client) =>
    Promise.all([
      client.query('SELECT pg_sleep(3600)'),
      sleep(1).then(() => Promise.reject(new Error('mine'))),
    ]),
  )

/** Would be tried again for ever. */
export async function triesAgain({ cells, on }, context) {
  let tries = 0
  const work = async (client) => {
    tries++
    await client.query('SELECT 1')
    compute({ cells, context })
    await client.query('SELECT 1')
  }
  const options = { retries: 1e6, isRetryable: () => true }
  try {
    if (on === 'db') await context.db.withTransaction(work, options)
    else await context.withTransaction(work, options)
  } finally {
    context.reportProgress({ tries })
  }
}

export const ways = () => Object.keys(WAYS)
