import type { TaskContext } from '@pglease/client'
import type { Times } from './messages.js'

const cell = new Int32Array(new SharedArrayBuffer(4))

const draw = (mean: number) => -Math.log(1 - Math.random()) * mean

/**
 * What a task does, without the processors of many hosts: a thread that waits for a time stands for one that computes for so long,
 * and a connection that sleeps for one that works.
 */
export async function work(
  { computeMillis, holdMillis }: Times,
  { withConnection }: TaskContext,
): Promise<{ waitMillis: number; holdMillis: number }> {
  Atomics.wait(cell, 0, 0, draw(computeMillis))
  const asked = performance.now()
  let granted = asked
  await withConnection(async (db) => {
    // With the first answer the lease is there.
    await db.query('select')
    granted = performance.now()
    await db.query('select pg_sleep($1)', [draw(holdMillis) / 1000])
  })
  return { waitMillis: granted - asked, holdMillis: performance.now() - granted }
}
