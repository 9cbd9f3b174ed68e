import { clonedRows } from '../contenders/cloned-rows.js'
import { ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { pglease } from '../contenders/pglease.js'
import { postgresJs } from '../contenders/postgres-js.js'
import { comparison } from './comparison.js'
import { BOTH_ROUTES, everywhere, inEachThread, rate, SOCKET } from './rates.js'

const contenders = [pglease, ownPool, pgBouncer, clonedRows, postgresJs]
const LEASES = 8
const DEPTH = 8

export const pointLease = comparison({
  name: 'point-lease',
  title: 'Point queries, one after another, in one long lease per thread',
  metrics: rate('queries', [
    { against: ownPool.name, least: 0.45 },
    { against: pgBouncer.name, least: 1 },
  ]),
  contenders,
  places: BOTH_ROUTES,
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(running, 'pointQueries', everywhere(threads, { millis: bench.scope.roundMillis })),
})

export const pointLeases = comparison({
  name: 'point-8-leases',
  title: 'Point queries in eight leases at a time per thread',
  metrics: rate('queries', [{ against: ownPool.name, least: 0.7 }]),
  contenders,
  places: SOCKET,
  setting: (threads) => ({ connections: LEASES * threads }),
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(
      running,
      'pointQueriesInLeases',
      everywhere(threads, { millis: bench.scope.roundMillis, leases: LEASES }),
    ),
})

export const pipelined = comparison({
  name: 'point-pipelined',
  title: 'Point queries, eight of them pipelined, in one long lease per thread',
  metrics: rate('queries', [{ against: ownPool.name, least: 0.9 }]),
  contenders,
  places: SOCKET,
  setting: () => ({ pipelined: true }),
  round: ({ running, setting: { threads }, bench }) =>
    inEachThread(
      running,
      'pipelinedQueries',
      everywhere(threads, { millis: bench.scope.roundMillis, depth: DEPTH }),
    ),
})
