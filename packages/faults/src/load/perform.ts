import type { LeasedClient, WithConnectionOptions } from '@pglease/client'
import { Random } from '../common/random.js'
import { LEAVINGS } from './leavings.js'
import type { Done, Plan } from './plan.js'
import { mustBePristine, mustHaveNoSequence } from './pristine.js'
import type { Progress, Stage } from './progress.js'
import { Steps } from './steps.js'
import { taskFaultOf } from './task-faults/index.js'
import { UNCLONEABLE } from './task-faults/returning-what-cannot-be-cloned.js'
import type { Victim } from './task-faults/task-fault.js'
import { workOf } from './works/index.js'

/** How a task gets its lease. */
export type Leasing = <T>(
  work: (db: LeasedClient) => Promise<T>,
  options: Omit<WithConnectionOptions, 'signal'>,
) => Promise<T>

/** One in so many leases looks at what costs more to look at. */
const SELDOM = 10

/** Does what a plan says. @throws an error that tells by its field `commit` how far the task's row had come */
export async function perform(
  plan: Plan,
  progress: Progress,
  leasing: Leasing,
  victim: Victim,
): Promise<Done> {
  progress.begin(plan.id)
  const enter = (stage: Stage) => progress.enter(plan.id, stage)
  const steps = new Steps(plan, (name) => taskFaultOf(name).strike(victim))
  const { id, seed, leaves, fault } = plan
  const { run, options = {}, leavesQuery = false } = workOf(plan.work)
  try {
    await steps.at('begun')
    enter('asking')
    const done = await leasing(async (db) => {
      const processId = await mustBePristine(db)
      if (id % SELDOM === 0) await mustHaveNoSequence(db)
      enter('working')
      await steps.at('leased')
      const value = await run({ db, id, random: new Random(seed), steps })
      enter('leaving')
      await LEAVINGS[leaves]!.leave(db, id)
      await steps.at('worked')
      enter('releasing')
      return { id, value, processId }
    }, options)
    enter('over')
    if (leavesQuery) steps.mustBeAnswered()
    await steps.at('released')
    return fault?.name === UNCLONEABLE ? { ...done, value: () => {} } : done
  } catch (error) {
    enter('over')
    if (error instanceof Error) Object.assign(error, { commit: steps.commit })
    throw error
  }
}
