import { type Check, flag, millis, number, oneOf, textOf } from '../common/option-check.js'
import { type IsolationLevel, type LeaseOptions, MOST_NAME } from './contract.js'

export const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
]

/** Of what a lease can be asked for with. */
export const LEASE_OPTION_CHECKS: Readonly<Record<keyof LeaseOptions, Check>> = {
  database: textOf(MOST_NAME),
  isolationLevel: oneOf(...ISOLATION_LEVELS),
  readOnly: flag,
  deferrable: flag,
  priority: number,
  connectionTimeoutMillis: millis,
}
