// #region imports
import { on } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TaskContext } from '@pglease/client'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
// #endregion imports

// #region stream
export async function total(country: string, { db }: TaskContext) {
  let sum = 0
  const text = 'SELECT people FROM city WHERE country = $1'
  for await (const row of db.query(new QueryStream(text, [country], { batchSize: 1000 }))) sum += row.people
  return sum
}
// #endregion stream

// #region cursor
export async function totalByCursor(country: string, { db }: TaskContext) {
  const cursor = db.query(new Cursor('SELECT people FROM city WHERE country = $1', [country]))
  let sum = 0
  for (;;) {
    const rows = await cursor.read(1000)
    if (rows.length === 0) return sum
    for (const row of rows) sum += row.people
  }
}
// #endregion cursor

// #region copy
export async function copyIn(count: number, { db, signal }: TaskContext) {
  await db.query('CREATE TEMPORARY TABLE arrival (id int, name text)')
  const target = db.query(copyFrom('COPY arrival FROM STDIN'))
  await pipeline(Readable.from(lines(count)), target, { signal })
  return target.rowCount
}

function* lines(count: number) {
  for (let id = 1; id <= count; id++) yield `${id}\tcity ${id}\n`
}
// #endregion copy

export async function copyOut(_: undefined, { db }: TaskContext) {
  const numbers = "COPY (SELECT id, 'city ' || id FROM generate_series(1, 100) AS id) TO STDOUT"
  const chunks = await db.query(copyTo(numbers)).toArray()
  return Buffer.concat(chunks).toString()
}

// #region listen
export async function listen(_: undefined, { withConnection, signal, reportProgress }: TaskContext) {
  await withConnection(async (client) => {
    await client.query('LISTEN news')
    for await (const [{ payload }] of on(client, 'notification', { signal })) reportProgress(payload)
  })
}
// #endregion listen
