import { clonedRows } from '../contenders/cloned-rows.js'
import { ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { pglease } from '../contenders/pglease.js'
import { postgresJs } from '../contenders/postgres-js.js'
import { createLines, createNarrow, LINE_BYTES } from '../server/data.js'
import { check } from '../threads/repeat.js'
import type { Scope } from './case.js'
import { comparison } from './comparison.js'
import { BOTH_ROUTES, everywhere, inEachThread, rate, SOCKET, shares } from './rates.js'

const contenders = [pglease, ownPool, pgBouncer, clonedRows, postgresJs]

const targets = [
  { against: ownPool.name, least: 1 },
  { against: clonedRows.name, least: 2 },
]

/** Of the cases whose rounds are long. */
const MAX_ROUNDS = 5

/** Rows asked for at a time. */
const BATCH = 1000

const narrowRows = ({ quick }: Scope) => (quick ? 100_000 : 1_000_000)
const copyLines = ({ quick }: Scope) => (quick ? 20_000_000 : 200_000_000) / LINE_BYTES

export const bulkRead = comparison({
  name: 'bulk-read',
  title: 'Queries that read 10,000 rows of 8 columns',
  metrics: rate('rows', targets),
  contenders,
  places: BOTH_ROUTES,
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(running, 'bulkRead', everywhere(threads, { millis: bench.scope.roundMillis })),
})

export const cursor = comparison({
  name: 'cursor',
  title: `1,000,000 narrow rows by cursor, ${BATCH} at a time, shared among the threads`,
  metrics: rate('rows', targets),
  contenders,
  places: SOCKET,
  maxRounds: MAX_ROUNDS,
  warmUp: 1,
  prepare: (admin, scope) => createNarrow(admin, narrowRows(scope)),
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(
      running,
      'cursorRead',
      shares(narrowRows(bench.scope), threads).map((share) => ({ ...share, batch: BATCH })),
    ),
})

export const copyOut = comparison({
  name: 'copy-out',
  title: '200 MB by COPY TO STDOUT, shared among the threads',
  metrics: rate('bytes', targets),
  contenders,
  places: SOCKET.slice(0, 1),
  maxRounds: MAX_ROUNDS,
  warmUp: 1,
  prepare: (admin, scope, { threads }) => createLines(admin, copyLines(scope) / threads),
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(running, 'copyOut', everywhere(threads, { lines: copyLines(bench.scope) / threads })),
})

export const copyIn = comparison({
  name: 'copy-in',
  title: '200 MB by COPY FROM STDIN, shared among the threads',
  metrics: rate('bytes', targets),
  contenders,
  places: SOCKET.slice(0, 1),
  maxRounds: MAX_ROUNDS,
  warmUp: 1,
  prepare: (admin) => createLines(admin, 0),
  async round({ running, setting: { threads }, bench }) {
    const lines = copyLines(bench.scope)
    const values = await inEachThread(running, 'copyIn', everywhere(threads, { lines: lines / threads }))
    const { rows } = await bench.admin.query(
      'SELECT count(*)::int AS count, min(line) = max(line) AS same FROM arrivals',
    )
    check(rows[0].count === lines && rows[0].same, `${rows[0].count} lines arrived instead of ${lines}`)
    await bench.admin.query('TRUNCATE arrivals')
    return values
  },
})
