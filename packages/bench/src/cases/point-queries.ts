import { ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { BOTH_ROUTES, SOCKET } from './rates.js'
import { loadThroughput } from './throughput.js'

const LEASES = 8
const DEPTH = 8

const QUERIES = { unit: 'queries', places: SOCKET }

export const pointLease = loadThroughput({
  name: 'point-lease',
  title: 'Point queries, one after another, in one long lease per thread',
  ...QUERIES,
  targets: [
    { against: ownPool.name, least: 0.45 },
    { against: pgBouncer.name, least: 1 },
  ],
  places: BOTH_ROUTES,
  load: 'pointQueries',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis }),
})

export const pointLeases = loadThroughput({
  name: 'point-8-leases',
  title: 'Point queries in eight leases at a time per thread',
  ...QUERIES,
  targets: [{ against: ownPool.name, least: 0.7 }],
  setting: (threads) => ({ connections: LEASES * threads }),
  load: 'pointQueriesInLeases',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis, leases: LEASES }),
})

export const pipelined = loadThroughput({
  name: 'point-pipelined',
  title: 'Point queries, eight of them pipelined, in one long lease per thread',
  ...QUERIES,
  targets: [{ against: ownPool.name, least: 0.9 }],
  setting: () => ({ pipelined: true }),
  load: 'pipelinedQueries',
  input: ({ bench }) => ({ millis: bench.scope.roundMillis, depth: DEPTH }),
})
