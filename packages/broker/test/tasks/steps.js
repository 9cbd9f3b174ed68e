/** A task whose statements the test chooses. */
import { leaseSocket, withConnection } from '@pglease/client'
import pg from 'pg'
import Cursor from 'pg-cursor'

/** Of a query: its rows, or the code of its error. */
async function outcome(client, query) {
  try {
    return (await client.query(query)).rows
  } catch (error) {
    return error.code
  }
}

/** Runs queries in a lease, one after another, and gives the rows of each, or the code of its error. */
export async function steps(queries, { withConnection }) {
  return withConnection(async (client) => {
    const outcomes = []
    for (const query of queries) outcomes.push(await outcome(client, query))
    return outcomes
  })
}

/** The same, all at once. */
export const piped = (queries) =>
  withConnection((client) => Promise.all(queries.map((query) => outcome(client, query))), { pipeline: true })

/** Reads a query by a cursor. */
export const reads = ({ text, values }, { withConnection }) =>
  withConnection(async (client) => {
    const cursor = client.query(new Cursor(text, values))
    const rows = [...(await cursor.read(2)), ...(await cursor.read(100))]
    await cursor.close()
    return rows
  })

/** Runs a query by a client that knows nothing of leases. */
export async function speaks(query) {
  const client = new pg.Client({ stream: () => leaseSocket() })
  await client.connect()
  const { rows } = await client.query(query)
  await client.end()
  return rows
}
