import { ownNamed, ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { pglease } from '../contenders/pglease.js'
import { postgresJs } from '../contenders/postgres-js.js'
import { BOTH_ROUTES, SOCKET } from './rates.js'
import { loadThroughput, REPEATING } from './throughput.js'

const LEASES = 8
const DEPTH = 8

const QUERIES = { unit: 'queries', places: SOCKET }

export const pointLease = loadThroughput({
  name: 'point-lease',
  title: 'Point queries, one after another, in one long lease per thread',
  ...QUERIES,
  targets: [
    { against: ownPool.name, least: 1.6 },
    { against: postgresJs.name, least: 0.95 },
    { against: pgBouncer.name, least: 1 },
  ],
  contenders: REPEATING,
  places: BOTH_ROUTES,
  load: 'pointQueries',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis }),
})

export const pointLeases = loadThroughput({
  name: 'point-8-leases',
  title: 'Point queries in eight leases at a time per thread',
  ...QUERIES,
  targets: [{ against: ownPool.name, least: 0.7 }],
  warmUp: 'until steady',
  setting: (threads) => ({ connections: LEASES * threads }),
  load: 'pointQueriesInLeases',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis, leases: LEASES }),
})

export const pipelined = loadThroughput({
  name: 'point-pipelined',
  title: 'Point queries, eight of them pipelined, in one long lease per thread',
  ...QUERIES,
  targets: [
    { against: ownPool.name, least: 1.3 },
    { against: postgresJs.name, least: 0.9 },
  ],
  contenders: REPEATING,
  setting: () => ({ pipelined: true }),
  load: 'pipelinedQueries',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis, depth: DEPTH }),
})

export const planned = loadThroughput({
  name: 'planned',
  title: 'A join of ten tables, of which the plan takes longer than the answer, in one long lease per thread',
  ...QUERIES,
  targets: [{ against: ownPool.name, least: 1.6 }],
  contenders: [pglease, ownPool, ownNamed, postgresJs],
  load: 'plannedQueries',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis }),
})
