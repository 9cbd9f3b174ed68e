/** Tasks that do not wait for what they send, and the thread that they run in. */
import { threadId } from 'node:worker_threads'
import { Pool } from '@pglease/client'
import { from as copyFrom } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'

export const thread = () => threadId

export const inserts = (value, { db }) => {
  void db.query('INSERT INTO written VALUES ($1)', [value])
  return threadId
}

export const insertsMany = (values, { db }) => {
  for (const value of values) void db.query('INSERT INTO written VALUES ($1)', [value])
}

export const insertsManyAtOnce = (values, { database }) => {
  const db = database('default', { pipeline: true })
  for (const value of values) void db.query('INSERT INTO written VALUES ($1)', [value])
}

export const insertsOneAfterAnother = (values, { db }) => {
  void (async () => {
    for (const value of values) await db.query('INSERT INTO written VALUES ($1)', [value])
  })()
}

export const insertsOnLeases = (values, { withConnection }) =>
  Promise.all(
    values.map((value) =>
      withConnection((client) => void client.query('INSERT INTO written VALUES ($1)', [value])),
    ),
  )

/** Releases each connection before its answers have come, as one may with `pg`. */
export async function insertsAndReleases(values) {
  const pool = new Pool({ max: 2 })
  for (const value of values) {
    const client = await pool.connect()
    for (const each of value) void client.query('INSERT INTO written VALUES ($1)', [each])
    client.release()
  }
  await pool.end()
}

export const copies = (lines, { db }) => {
  db.query(copyFrom('COPY written FROM STDIN')).end(`${lines.join('\n')}\n`)
}

/** What only more input could end. */
const open = {
  'a COPY in that has begun': async (db) => {
    const copy = db.query(copyFrom('COPY written FROM STDIN'))
    await new Promise((resolve) => copy.write('1\n', resolve))
  },
  'a COPY in that has not begun': (db) => {
    db.query(copyFrom('COPY written FROM STDIN'))
  },
  'a COPY in behind a query': (db) => {
    void db.query('INSERT INTO written VALUES (0)')
    db.query(copyFrom('COPY written FROM STDIN'))
    void db.query('INSERT INTO written VALUES (1)')
  },
  'a cursor': async (db) => {
    await db.query(new Cursor('SELECT generate_series(1, 10)')).read(1)
  },
  'a cursor of which nothing was read': (db) => {
    db.query(new Cursor('SELECT generate_series(1, 10)'))
  },
  'a stream of rows': async (db) => {
    const rows = db.query(new QueryStream('SELECT generate_series(1, 10)', [], { batchSize: 1 }))
    for await (const _ of rows.iterator({ destroyOnReturn: false })) break
  },
}

export const leavesOpen = (what, { db }) => open[what](db)

export const sleeps = (_input, { db }) => {
  void db.query('SELECT pg_sleep(3600)')
  return 'slept'
}

/** Waits for a query until the caller lets it go on; others wait behind it. */
const ends = {
  throwing: () => {
    throw new Error('thrown')
  },
  'a release with an error': (db) => db.release(new Error('do not trust it')),
  'a release that destroys': (db) => db.release({ destroy: true }),
}

export async function endsBy(how, { db, database }) {
  await db.query('SELECT 1')
  void db.query('SELECT pg_sleep(3600)')
  void db.query('SELECT 1')
  const pipelined = database('other', { pipeline: true })
  for (const text of ['SELECT pg_sleep(3600)', 'SELECT 1']) void pipelined.query(text)
  ends[how](db)
  ends[how](pipelined)
}

/** Is told by the caller that it may go on, once the query runs. */
export async function isRevoked(_input, { db, reportProgress }) {
  void db.query('SELECT pg_sleep(3600)')
  reportProgress(threadId)
  while (!db.isOver) await new Promise(setImmediate)
  return db.query('SELECT 1').catch(({ code }) => code)
}

/** The first fails, and the second is not awaited for that. */
export async function failsFirst({ pipeline, text }, { database }) {
  const db = database('default', { pipeline })
  await db.query('BEGIN')
  const first = db.query('SELECT 1/0')
  const [second, third] = [db.query(text), db.query(text)]
  await first
  return [await second, await third]
}

export const timesOut = async (_input, { db }) => {
  await db.query('SELECT 1')
  const { message } = await db
    .query({ text: 'SELECT pg_sleep(3600)', query_timeout: 1 })
    .catch((error) => error)
  return message
}

export const says = (text, { db }) => {
  void db.query(text, ['the secret'])
}

export const saysTwo = (texts, { db }) => {
  for (const text of texts) void db.query(text)
}

export const leases = (_input, { db }) => db.query('SELECT 1').then(({ rowCount }) => rowCount)
