import { clonedRows } from '../contenders/cloned-rows.js'
import { ownPool } from '../contenders/own-pool.js'
import { createLines, createNarrow, LINE_BYTES } from '../server/data.js'
import { check } from '../threads/repeat.js'
import type { Scope } from './case.js'
import { BOTH_ROUTES, inEachThread, SOCKET, shareOf } from './rates.js'
import { loadThroughput, throughput } from './throughput.js'

const targets = [
  { against: ownPool.name, least: 1 },
  { against: clonedRows.name, least: 2 },
]

/** Each round moves all the data once, which takes long. */
const LONG_ROUNDS = { maxRounds: 5, warmUp: 1 }

/** Rows asked for at a time. */
const BATCH = 1000

const narrowRows = ({ quick }: Scope) => (quick ? 100_000 : 1_000_000)
const copyLines = ({ quick }: Scope) => (quick ? 20_000_000 : 200_000_000) / LINE_BYTES

export const bulkRead = loadThroughput({
  name: 'bulk-read',
  title: 'Queries that read 10,000 rows of 8 columns',
  unit: 'rows',
  targets,
  places: BOTH_ROUTES,
  load: 'bulkRead',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis }),
})

export const cursor = loadThroughput({
  name: 'cursor',
  title: `1,000,000 narrow rows by cursor, ${BATCH} at a time, shared among the threads`,
  unit: 'rows',
  targets,
  ...LONG_ROUNDS,
  places: SOCKET,
  prepare: (admin, scope) => createNarrow(admin, narrowRows(scope)),
  load: 'cursorRead',
  input: ({ setting, bench }, thread) => ({
    ...shareOf(narrowRows(bench.scope), setting.threads, thread),
    batch: BATCH,
  }),
})

export const copyOut = loadThroughput({
  name: 'copy-out',
  title: '200 MB by COPY TO STDOUT, shared among the threads',
  unit: 'bytes',
  targets,
  ...LONG_ROUNDS,
  places: SOCKET.slice(0, 1),
  prepare: (admin, scope, { threads }) => createLines(admin, copyLines(scope) / threads),
  load: 'copyOut',
  input: ({ setting, bench }) => ({ lines: copyLines(bench.scope) / setting.threads }),
})

export const copyIn = throughput({
  name: 'copy-in',
  title: '200 MB by COPY FROM STDIN, shared among the threads',
  unit: 'bytes',
  targets,
  ...LONG_ROUNDS,
  places: SOCKET.slice(0, 1),
  prepare: (admin) => createLines(admin, 0),
  async round(round) {
    const { setting, bench } = round
    const lines = copyLines(bench.scope)
    const values = await inEachThread(round, 'copyIn', () => ({ lines: lines / setting.threads }))
    const { rows } = await bench.admin.query(
      'SELECT count(*)::int AS count, min(line) = max(line) AS same FROM arrivals',
    )
    check(rows[0].count === lines && rows[0].same, `${rows[0].count} lines arrived instead of ${lines}`)
    await bench.admin.query('TRUNCATE arrivals')
    return values
  },
})
