import { clonedRows } from './cloned-rows.js'
import { connectPerTask } from './connect-per-task.js'
import type { Contender } from './contender.js'
import { ownNamed, ownPool } from './own-pool.js'
import { pgBouncer } from './pgbouncer.js'
import { pglease, pgleaseLasting } from './pglease.js'
import { postgresJs } from './postgres-js.js'

/** All there are; the first is the one that the others are compared with. */
export const CONTENDERS: readonly Contender[] = [
  pglease,
  pgleaseLasting,
  ownPool,
  ownNamed,
  pgBouncer,
  clonedRows,
  postgresJs,
  connectPerTask,
]

export function contenderOf(name: string): Contender {
  const contender = CONTENDERS.find((each) => each.name === name)
  if (contender === undefined) throw new Error(`There is no contender "${name}"`)
  return contender
}
