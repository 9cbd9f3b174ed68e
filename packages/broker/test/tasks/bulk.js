/** Tasks that move more than memory should hold, and stop in the middle until they are told to go on. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Pool } from '@pglease/client'
import pg from 'pg'

/** The cells of `gate`. */
const REACHED = 0
const MAY_GO_ON = 1

const reach = (gate) => Atomics.store(gate, REACHED, 1)

/** Computes, as far as anyone can tell: no event is seen meanwhile. */
function computes(gate) {
  reach(gate)
  Atomics.wait(gate, MAY_GO_ON, 0)
}

/** Does nothing, but its event loop runs. */
async function pauses(stream, gate) {
  stream.pause()
  reach(gate)
  while (Atomics.load(gate, MAY_GO_ON) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  stream.resume()
}

const SQL = `SELECT repeat('x', 1000) AS line FROM generate_series(1, $1::int)`

/** Reads so many rows of a thousand bytes, none of which it keeps. */
export async function reads({ rows, how, gate }, { db }) {
  const query = db.query(new pg.Query(SQL, [rows]))
  let bytes = 0
  query.on('row', ({ line }) => {
    if (bytes === 0) how === 'computes' ? computes(gate) : pauses(db.connection.stream, gate)
    bytes += line.length
  })
  await once(query, 'end')
  return bytes
}

/** Copies so many rows of a thousand bytes into a table, no faster than the connection takes them. */
export async function copies({ rows, gate }, { db }) {
  await db.query('CREATE UNLOGGED TABLE IF NOT EXISTS copied (line text)')
  const { connection } = db
  const copy = db.query(new pg.Query('COPY copied FROM STDIN'))
  // The query would end the COPY, as it has no data.
  copy.handleCopyInResponse = () => {}
  // Whoever waits for the stream is told too.
  copy.on('error', () => {})
  await once(connection, 'copyInResponse')
  reach(gate)
  const line = Buffer.from(`${'x'.repeat(999)}\n`)
  for (let row = 0; row < rows; row++) {
    connection.sendCopyFromChunk(line)
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain')
  }
  connection.endCopyFrom()
  await once(copy, 'end')
  return (await db.query('SELECT count(*)::int, sum(length(line))::int FROM copied')).rows[0]
}

/** Sends so many bytes as one parameter and takes them back as one value. */
export async function echoes(bytes, { db }) {
  const value = Buffer.alloc(bytes, 'glacier')
  const { rows } = await db.query('SELECT $1::bytea AS value', [value])
  return value.equals(rows[0].value)
}

/** Copies out of two connections at once, and returns the MD5 of each. */
export const copiesBoth = ({ rows }, { database }) =>
  Promise.all(
    ['default', 'replica'].map(async (name, index) => {
      const { connection } = await leased(database(name))
      const hash = createHash('md5')
      connection.on('copyData', ({ chunk }) => hash.update(chunk))
      const copy = new pg.Query(`COPY (${LINES(rows, index)}) TO STDOUT`)
      database(name).query(copy)
      await once(copy, 'end')
      return hash.digest('hex')
    }),
  )

const LINES = (rows, seed) => `SELECT md5((line + ${seed})::text) FROM generate_series(1, ${rows}) AS line`

export const digest = ({ rows, seed }) => {
  const hash = createHash('md5')
  const md5 = (text) => createHash('md5').update(text).digest('hex')
  for (let line = 1; line <= rows; line++) hash.update(`${md5(String(line + seed))}\n`)
  return hash.digest('hex')
}

/** Its first query has been answered. */
async function leased(client) {
  await client.query('SELECT 1')
  return client
}

/** Reads so many bytes at a time, each in a lease of its own, which it gives back in the callback of the query. */
export async function releasesInCallback(sizes) {
  const pool = new Pool({ max: 2 })
  const lengths = []
  for (const size of sizes) {
    const client = await pool.connect()
    lengths.push(
      await new Promise((resolve, reject) => {
        client.query(
          `SELECT repeat('x', 1000) AS text FROM generate_series(1, ${size / 1000})`,
          (error, result) => {
            client.release()
            if (error) reject(error)
            else resolve(result.rows.length * 1000)
          },
        )
      }),
    )
  }
  await pool.end()
  return lengths
}
