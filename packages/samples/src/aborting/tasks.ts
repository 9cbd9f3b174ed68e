import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext } from '@pglease/client'

// #region loop
export async function simulate({ steps }: { steps: number }, { throwIfAborted }: TaskContext) {
  let state = 1
  for (let step = 0; step < steps; step++) {
    throwIfAborted() // about 20 ns: it reads shared memory
    state = (state * 48271) % 2147483647
  }
  return state
}
// #endregion loop

// #region wait
export async function poll(country: string, { db, signal }: TaskContext) {
  for (;;) {
    const { rows } = await db.query('SELECT name FROM city WHERE country = $1', [country])
    db.release()
    if (rows.length > 0) return rows
    await sleep(1000, undefined, { signal }) // ends at once when the task is aborted
  }
}
// #endregion wait

export const slowQuery = (_: unknown, { db }: TaskContext) => db.query('SELECT pg_sleep(60)')
