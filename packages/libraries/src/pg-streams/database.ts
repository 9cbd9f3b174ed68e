import { pipeline } from 'node:stream/promises'
import type { TaskContext } from '@pglease/client'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'

export async function copyIn(lines: Iterable<string>, { db }: TaskContext): Promise<void> {
  await pipeline(lines, db.query(copyFrom('COPY city FROM STDIN')))
}

export async function copyOut({ db }: TaskContext): Promise<string> {
  const chunks = await db.query(copyTo('COPY (SELECT * FROM city ORDER BY id) TO STDOUT')).toArray()
  return Buffer.concat(chunks).toString()
}

export async function readSome(count: number, { db }: TaskContext): Promise<unknown[]> {
  const cursor = db.query(new Cursor('SELECT id FROM city ORDER BY id'))
  const rows = await cursor.read(count)
  await cursor.close()
  return rows
}

export async function* readAll({ db }: TaskContext) {
  yield* db.query(new QueryStream('SELECT id FROM city ORDER BY id', [], { batchSize: 100 }))
}
