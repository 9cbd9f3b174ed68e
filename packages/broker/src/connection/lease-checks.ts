import type { IsolationLevel } from '@pglease/client'
import {
  type Check,
  flag,
  MOST_NAME,
  MOST_STACK,
  millis,
  number,
  oneOf,
  textOf,
} from '@pglease/client/internal'

export const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
]

/** Of what a thread asks for a lease with, and of what it adds to that by itself. */
export const LEASE_CHECKS: Record<string, Check> = {
  database: textOf(MOST_NAME),
  isolationLevel: oneOf(...ISOLATION_LEVELS),
  readOnly: flag,
  deferrable: flag,
  priority: number,
  connectionTimeoutMillis: millis,
  task: textOf(MOST_NAME),
  openedAt: textOf(MOST_STACK),
}
