import { bulkRead, copyIn, copyOut, cursor } from './bulk.js'
import type { Case } from './case.js'
import { economy, sparseLeases } from './economy.js'
import { leases } from './leases.js'
import { locks } from './locks.js'
import { mainThread } from './main-thread.js'
import { pause } from './pause.js'
import { pipelined, planned, pointLease, pointLeases } from './point-queries.js'
import { start } from './start.js'
import { fiveQueries, lastingFive, lastingPlanned, oneQuery, queriesAndComputation } from './tasks.js'
import { unheard, watching } from './watching.js'

/** In the order in which they run. */
export const CASES: readonly Case[] = [
  pointLease,
  pointLeases,
  pipelined,
  planned,
  oneQuery,
  fiveQueries,
  queriesAndComputation,
  lastingFive,
  lastingPlanned,
  bulkRead,
  cursor,
  copyOut,
  copyIn,
  sparseLeases,
  economy,
  locks,
  mainThread,
  pause,
  leases,
  start,
  unheard,
  watching,
]
