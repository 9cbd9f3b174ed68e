import type { Access } from './access.js'
import { compute } from './compute.js'

/**
 * Holds a lock until another session waits for it, gives the connection back, and computes.
 * @returns the time at the end of the lease.
 */
export async function lockThenCompute(
  access: Access,
  { lock, turns }: { lock: number; turns: number },
): Promise<number> {
  const releasedAt = await access.withConnection(async (connection) => {
    await connection.query('SELECT pg_advisory_lock($1)', [lock])
    const waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted"
    while ((await connection.query(waits, [lock])).length === 0);
    return performance.timeOrigin + performance.now()
  })
  compute(turns)
  return releasedAt
}
