import { bulkRead, copyIn, copyOut, cursor } from './bulk.js'
import type { Case } from './case.js'
import { pipelined, pointLease, pointLeases } from './point-queries.js'
import { fiveQueries, oneQuery, queriesAndComputation } from './tasks.js'

/** In the order in which they run. */
export const CASES: readonly Case[] = [
  pointLease,
  pointLeases,
  pipelined,
  oneQuery,
  fiveQueries,
  queriesAndComputation,
  bulkRead,
  cursor,
  copyOut,
  copyIn,
]
