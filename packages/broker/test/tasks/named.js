/** Tasks that look at what the server shows of their queries. */
import Cursor from 'pg-cursor'

async function look(client, query) {
  if (query.cursor !== undefined) {
    const cursor = client.query(new Cursor(query.cursor))
    const [row] = await cursor.read(1)
    await cursor.close()
    return row
  }
  return [await client.query(query)].flat().at(-1).rows[0]
}

async function looks(client, queries) {
  const shown = []
  for (const query of queries) shown.push((await look(client, query)).query)
  return shown
}

export const shows = (queries, { db }) => looks(db, queries)

export const showsPlain = (queries, { database }) => looks(database('plain'), queries)

export { shows as "odd */ 'name' é" }

export async function runs(queries, { db }) {
  const commands = []
  for (const query of queries) commands.push((await db.query(query)).command)
  return commands
}

export const fails = ([query], { db }) => db.query(query).catch(({ position }) => [position])
