import type { LeasedClient } from '@pglease/client'
import { wrong } from './plan.js'

/** What nobody but the lease itself may have made. */
const LOOK = `SELECT pg_backend_pid() AS "processId",
  (SELECT string_agg(name || ' = ' || setting, ', ') FROM pg_settings WHERE source = 'session') AS settings,
  nullif(current_setting('load.owner', true), '') AS owner,
  (SELECT count(*)::int FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS tables,
  (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
  (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '' AND name NOT LIKE 'pglease: %') AS statements,
  (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
  (SELECT count(*)::int FROM pg_cursors WHERE name <> '') AS cursors,
  current_user = session_user AS "isItself", now() = statement_timestamp() AS "isFresh",
  current_setting('search_path') AS path, current_setting('transaction_isolation') AS isolation`

const PRISTINE = {
  settings: null,
  owner: null,
  tables: 0,
  locks: 0,
  statements: 0,
  channels: 0,
  cursors: 0,
  isItself: true,
  isFresh: true,
  path: '"$user", public',
  isolation: 'read committed',
}

const NOT_YET_DEFINED = '55000'

/**
 * The session at a lease's beginning is as it was when it was opened. Returns the server's process.
 * @throws `wrong` that says what is left
 */
export async function mustBePristine(db: LeasedClient): Promise<number> {
  const { rows } = await db.query(LOOK)
  for (const [name, value] of Object.entries(PRISTINE))
    if (rows[0][name] !== value) throw wrong(`A lease begins with another's ${name}: ${rows[0][name]}`)
  return rows[0].processId
}

/** Nobody has taken a number of a sequence. It costs the session an error. @throws `wrong` */
export async function mustHaveNoSequence(db: LeasedClient): Promise<void> {
  const found = await db.query('SELECT lastval()').catch((error) => error)
  if (found.code === NOT_YET_DEFINED) return
  if (found instanceof Error) throw found
  throw wrong(`A lease begins with another's sequence: ${found.rows[0].lastval}`)
}
