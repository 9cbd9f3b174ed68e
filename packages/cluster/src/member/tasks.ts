// What runs in the worker threads of a member.
import type { TaskContext } from '@pglease/client'
import { findTour, storeTour, type TourRequest } from '@pglease/demo/task-parts'

export { loadCities, verifyTours } from '@pglease/demo/task-parts'

export interface Run {
  readonly request: TourRequest
  readonly process: number
  readonly attempt: number
}

/**
 * Plans the tour of one country, unless an earlier run has. The tour and who planned it are written in one transaction, so that
 * however often the queue gives out the job, one run writes.
 */
export async function planCountry(run: Run, context: TaskContext): Promise<'planned' | 'planned before'> {
  const { country } = run.request
  const { rowCount } = await context.db.query('select from pglease_demo.tours where country = $1', [country])
  if (rowCount === 1) return 'planned before'
  const found = await findTour(run.request, context)
  const isMine = await context.withTransaction(async (db) => {
    if (!(await storeTour(db, found))) return false
    await db.query('insert into pglease_demo.plannings values ($1, $2, $3)', [
      country,
      run.process,
      run.attempt,
    ])
    return true
  })
  return isMine ? 'planned' : 'planned before'
}
