import pg from 'pg'
import { connectPerTask } from '../contenders/connect-per-task.js'
import { pglease } from '../contenders/pglease.js'
import type { Values } from '../harness/alternate.js'
import { quantile } from '../harness/ratios.js'
import { comparison, type Round } from './comparison.js'
import { SOCKET } from './rates.js'

/** Locks that each thread takes in a round. */
const LOCKS_PER_THREAD = 10
const QUICK_LOCKS = 2

const COMPUTE_MILLIS = 20

/** The server, which has to clear the session, waits for a core like everybody. */
const MOST_MILLIS = 2

/**
 * Own pools are not compared: they leave the lock with the connection. Who connects for each task leaves it to the server,
 * which frees it with the session.
 */
export const locks = comparison({
  name: 'locks',
  title: `From the end of a lease to the moment when another session gets the lock that it held; its thread goes on to compute for ${COMPUTE_MILLIS} ms`,
  metrics: {
    p50: { name: 'delay, p50', unit: 'ms', better: 'lower', targets: [{ most: MOST_MILLIS }] },
    p90: { name: 'delay, p90', unit: 'ms', better: 'lower', targets: [] },
  },
  contenders: [pglease, connectPerTask],
  places: SOCKET,
  round: measureDelays,
})

async function measureDelays(round: Round): Promise<Values> {
  const { setting } = round
  const threads = Array.from({ length: setting.threads }, (_, thread) => delaysOf(round, thread + 1))
  const delays = (await Promise.all(threads)).flat()
  return { p50: quantile(delays, 0.5), p90: quantile(delays, 0.9) }
}

/** In milliseconds. */
async function delaysOf({ running, setting, bench }: Round, lock: number): Promise<number[]> {
  const locks = bench.scope.quick ? QUICK_LOCKS : LOCKS_PER_THREAD
  const turns = Math.round(COMPUTE_MILLIS * bench.turnsPerMilli)
  const waiter = new pg.Client(setting.address as pg.ClientConfig)
  await waiter.connect()
  try {
    const delays: number[] = []
    while (delays.length < locks) {
      const [lockedAt, releasedAt] = await Promise.all([
        waitsFor(waiter, lock),
        running.run('lockThenCompute', { lock, turns }),
      ])
      delays.push(lockedAt - releasedAt)
    }
    return delays
  } finally {
    await waiter.end()
  }
}

/** Resolves with the time when it has got the lock, as its server sees it. */
async function waitsFor(waiter: pg.Client, lock: number): Promise<number> {
  while (!(await isHeld(waiter, lock)));
  const { rows } = await waiter.query<{ at: number }>(
    'SELECT pg_advisory_lock($1), extract(epoch FROM clock_timestamp())::float8 * 1000 AS at',
    [lock],
  )
  await waiter.query('SELECT pg_advisory_unlock($1)', [lock])
  return rows[0]!.at
}

async function isHeld(client: pg.Client, lock: number): Promise<boolean> {
  const held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
  return (await client.query(held, [lock])).rows.length > 0
}
