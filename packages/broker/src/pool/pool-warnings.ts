import { counted } from '@pglease/client/internal'
import { soOften } from '../common/counted-warnings.js'
import type { PoolWarning } from '../common/warnings.js'

/** What was the case when a line had been crowded for long. */
interface Crowd {
  sinceMillis: number
  waiting: number
  max: number
  holders: readonly string[]
}

export function ofFullPool(
  database: string,
  { sinceMillis, waiting, max, holders }: Crowd,
  count: number,
): PoolWarning {
  const by = holders.length === 0 ? '' : `, by ${holders.join('; ')}`
  const message =
    `Somebody has always waited for a lease on "${database}" for ${Math.round(sinceMillis / 1000)} s${soOften(count)}, ` +
    `${waiting} now: its ${counted(max, 'connection is', 'connections are')} leased${by}. ` +
    'Hold a lease for queries only, not for computing; or raise `max`, or run fewer tasks at a time.'
  return { code: 'PGLEASE_POOL_FULL', message, database, sinceMillis, waiting, holders, count }
}
