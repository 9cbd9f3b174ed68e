import { ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { pglease } from '../contenders/pglease.js'
import type { Round } from './comparison.js'
import { SOCKET } from './rates.js'
import { loadThroughput } from './throughput.js'

/** A lease, a query, and then so much computation that nothing else is going on in the thread. */
const PAUSE_MILLIS = 5

/** The leases without the computation: with it compilers would see too few of them. */
const LEASES_ALONE = {
  warmUp: 'until steady',
  warmUpInput: ({ bench: { scope } }: Round) => ({ millis: scope.roundMillis, turns: 0 }),
} as const

export const sparseLeases = loadThroughput({
  name: 'sparse-leases',
  title: `Leases of one query, with ${PAUSE_MILLIS} ms of computation between`,
  unit: 'leases',
  targets: [{ against: ownPool.name, least: 0.91 }],
  accountTargets: { main: [{ most: 60 }] },
  contenders: [pglease, ownPool, pgBouncer],
  places: SOCKET,
  ...LEASES_ALONE,
  load: 'computeBetweenQueries',
  input: ({ bench: { scope, turnsPerMilli } }) => ({
    millis: scope.roundMillis,
    turns: Math.round(PAUSE_MILLIS * turnsPerMilli),
  }),
})

const THREADS = 16
const CONNECTIONS = 2
const COMPUTE_MILLIS = 20

export const economy = loadThroughput({
  name: 'economy',
  title: `${THREADS} threads that compute for ${COMPUTE_MILLIS} ms between queries: ${CONNECTIONS} connections, for own pools ${THREADS}`,
  unit: 'turns',
  targets: [{ against: ownPool.name, least: 0.97 }],
  contenders: [pglease, ownPool, pgBouncer],
  places: [{ threads: THREADS, route: 'socket' }],
  setting: (threads, contender) => ({
    connections: contender === ownPool ? threads : CONNECTIONS,
    perThread: 1,
  }),
  maxRounds: 7,
  ...LEASES_ALONE,
  load: 'computeBetweenQueries',
  input: ({ bench: { scope, turnsPerMilli } }) => ({
    // The threads share the cores: a turn takes many times as long as it computes.
    millis: scope.roundMillis * 3,
    turns: Math.round(COMPUTE_MILLIS * turnsPerMilli),
  }),
})
