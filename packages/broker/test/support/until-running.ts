import type pg from 'pg'
import type { TestDatabase } from './database.js'
import { until } from './until.js'

/** A query that ends by a cancel only. */
export const SLEEP = 'SELECT pg_sleep(3600)'

/** Waits for a query to run on the database, as another connection sees it: of another server, if it is told so. */
export function untilRunning(
  { admin: own, name }: TestDatabase,
  query = SLEEP,
  admin: pg.Client = own,
): Promise<unknown> {
  return until(async () => {
    const { rowCount } = await admin.query(
      "SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'active' AND datname LIKE $2",
      [query, admin === own ? name : '%'],
    )
    return rowCount === 1
  }, `for “${query}” to run`)
}
