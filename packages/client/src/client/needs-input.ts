import pg from 'pg'
import type { PgQuery } from './pg-client.js'

/**
 * Whether only more input can end the query.
 * @param isDue whether a COPY in has begun by it, or what it has sent lacks its Sync
 */
export function needsInput(query: PgQuery, isDue: boolean): boolean {
  // It sends by itself what is due, and a stream that has ended what it holds.
  if (query instanceof pg.Query || query.writableEnded || query.destroyed) return false
  return query.writableEnded === false || isDue
}
