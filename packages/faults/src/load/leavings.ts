import type { LeasedClient } from '@pglease/client'
import Cursor from 'pg-cursor'
import { OTHER_ROLE } from './schema.js'

/** More temporary tables than can be dropped in the time that is left. */
const UNRESETTABLE = [
  "DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TEMP TABLE t%s ()', i); END LOOP; END $$",
  "SET statement_timeout = '1ms'",
]

type Leave = (db: LeasedClient, id: number) => unknown

interface Leaving {
  readonly weight: number
  readonly leave: Leave
  /** A client that sends each query at once refuses it. */
  readonly isNotForPipelines?: boolean
  /** A transaction that has begun refuses it. */
  readonly isNotForTransactions?: boolean
}

const run =
  (...statements: string[]): Leave =>
  async (db) => {
    for (const statement of statements) await db.query(statement)
  }

/** What a task leaves in its session, for nobody else to see. */
export const LEAVINGS: Readonly<Record<string, Leaving>> = {
  nothing: { weight: 20, leave: () => {} },
  'a setting': { weight: 1, leave: (db, id) => db.query(`SET load.owner = '${id}'`) },
  'many settings': {
    weight: 1,
    leave: run("SET work_mem = '1MB'; SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'"),
  },
  'a search path': { weight: 1, leave: run('SET search_path = pg_catalog') },
  'a role': { weight: 1, leave: run(`SET ROLE ${OTHER_ROLE}`) },
  'a temporary table': { weight: 1, leave: run('CREATE TEMP TABLE mine (line text)') },
  'an advisory lock': { weight: 1, leave: (db, id) => db.query('SELECT pg_advisory_lock($1)', [id]) },
  'a shared lock': { weight: 1, leave: run('SELECT pg_advisory_lock_shared(1)') },
  'a prepared statement': { weight: 1, leave: (db) => db.query({ name: 'left', text: 'SELECT 1' }) },
  'a statement prepared by name': { weight: 1, leave: run('PREPARE left_behind AS SELECT 2') },
  'an ear': { weight: 1, leave: run('LISTEN everything') },
  'a held cursor': {
    weight: 1,
    leave: run('DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 10)'),
  },
  'a cursor half read': {
    weight: 1,
    isNotForPipelines: true,
    leave: (db) => db.query(new Cursor('SELECT generate_series(1, 1000) AS value')).read(10),
  },
  'an open transaction': { weight: 1, leave: run('BEGIN') },
  'a transaction of its own kind': {
    weight: 1,
    isNotForTransactions: true,
    leave: run('BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY'),
  },
  'a failed transaction': { weight: 1, leave: (db) => db.query('BEGIN; SELECT 1/0').catch(() => {}) },
  'the state of a sequence': { weight: 1, leave: run("SELECT nextval('counter')") },
  'settings of transactions': {
    weight: 1,
    leave: run('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE'),
  },
  'a query under way': {
    weight: 1,
    leave: (db) => void db.query('SELECT pg_sleep(0.02)').catch(() => {}),
  },
  'a failing query under way': { weight: 1, leave: (db) => void db.query('SELECT 1/0').catch(() => {}) },
  'a large answer under way': {
    weight: 0.3,
    leave: (db) => void db.query("SELECT repeat('x', 1000) FROM generate_series(1, 3000)").catch(() => {}),
  },
  'a COPY under way': {
    weight: 1,
    leave: async (db) => {
      await db.query('CREATE TEMP TABLE copied (line text)')
      void db.query('COPY copied FROM STDIN').catch(() => {})
    },
  },
  'a session that cannot be reset': { weight: 0.3, leave: run(...UNRESETTABLE) },
  'nothing, and the connection destroyed': { weight: 0.3, leave: (db) => db.release({ destroy: true }) },
}
