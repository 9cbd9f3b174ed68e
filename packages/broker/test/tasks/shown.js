/** Tasks that stand still after each query until somebody has looked at their leases. */

/** Runs queries, and returns what the last one has. */
async function runs(queries, memory, { db, reportProgress }) {
  const gate = new Int32Array(memory)
  let rows
  for (const [number, query] of queries.entries()) {
    rows = (await db.query(query)).rows
    reportProgress('answered')
    Atomics.wait(gate, 0, number)
  }
  return rows[0]
}

export const short = async (_memory, { db }) => (await db.query('SELECT 1 AS one')).rows[0]

export const waitsAfterOne = (memory, context) => runs(['SELECT 7 AS seven'], memory, context)

export async function waitsAfterEach(memory, context) {
  const named = { name: 'mine', text: 'SELECT $1::int AS named', values: [1] }
  const queries = [
    { text: 'SELECT $1::text AS secret', values: ['hunter2'] },
    'SELECT 1 AS one,\n  2 AS two',
    `SELECT '${'é'.repeat(500)}'`,
    named,
    'SELECT 2 AS between',
    named,
    'SELECT pg_backend_pid() AS pid',
  ]
  return (await runs(queries, memory, context)).pid
}
