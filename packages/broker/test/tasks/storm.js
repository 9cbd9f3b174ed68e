/** A task that looks for what others have left, leaves something itself, and ends in one of many ways. */
import Cursor from 'pg-cursor'

/** What nobody but this lease may have made. */
const LOOK = `SELECT to_regclass('mine')::text AS "table", nullif(current_setting('my.owner', true), '') AS owner,
  (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
  (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '') AS prepared,
  now() = statement_timestamp() AS "isFresh"`
const NOTHING = { table: null, owner: null, locks: 0, prepared: 0, isFresh: true }

/** More temporary tables than can be dropped in the time that is left. */
const UNRESETTABLE = [
  "DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TEMP TABLE t%s ()', i); END LOOP; END $$",
  "SET statement_timeout = '1ms'",
]

const leaves = {
  nothing: () => {},
  'a temporary table': (db) => db.query('CREATE TEMP TABLE mine ()'),
  'a lock': (db) => db.query('SELECT pg_advisory_lock_shared(1)'),
  'a prepared statement': (db) => db.query({ name: 'mine', text: 'SELECT 1' }),
  'an open transaction': (db) => db.query('BEGIN'),
  'a failed transaction': (db) => db.query('BEGIN; SELECT 1/0').catch(() => {}),
  'a cursor': async (db) => {
    const rows = await db.query(new Cursor('SELECT generate_series(1, 1000) AS value')).read(10)
    if (rows[9].value !== 10) throw new Error(`A cursor reads ${JSON.stringify(rows)}`)
  },
  'a query under way': (db) => void db.query('SELECT pg_sleep(5)').catch(() => {}),
  'a session that cannot be reset': async (db) => {
    for (const statement of UNRESETTABLE) await db.query(statement)
  },
  'a busy thread': () => {
    const end = performance.now() + 8
    while (performance.now() < end);
  },
}

export const LEAVINGS = Object.keys(leaves)

const ends = {
  'an answer': (number) => number,
  'process.exit()': () => process.exit(3),
  'an uncaught error'() {
    setImmediate(() => {
      throw new Error('Nobody catches this')
    })
    return new Promise(() => {})
  },
}

export async function task({ begun, number, queries, leaving, end }, { db, reportProgress }) {
  if (Atomics.add(begun, number, 1) !== 0) throw new Error('A task has begun twice')
  reportProgress(number)
  if (queries === 0) return ends[end](number)
  const { rows } = await db.query(LOOK)
  for (const [name, value] of Object.entries(NOTHING)) {
    if (rows[0][name] !== value) throw new Error(`A task sees another's: ${name} is ${rows[0][name]}`)
  }
  await db.query(`SET my.owner = '${number}'`)
  for (let query = 0; query < queries; query++) {
    const { rows } = await db.query('SELECT $1::int + $2::int AS sum', [number, query])
    if (rows[0].sum !== number + query) throw new Error(`A query answers ${rows[0].sum}`)
  }
  await leaves[leaving](db)
  return ends[end](number)
}
