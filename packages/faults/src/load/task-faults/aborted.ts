import type { TaskFault } from './task-fault.js'

/** The task goes on meanwhile, and may be done before the abort has come. */
export const aborted: TaskFault = {
  name: 'task aborted',
  weight: 6,
  in: ['executor', 'worker', 'main'],
  ends: ['abort', 'answered'],
  strike: (victim) => victim.askForAbort('now'),
}

export const abortedSoon: TaskFault = {
  name: 'task aborted a little later',
  weight: 4,
  in: ['executor', 'worker', 'main'],
  ends: ['abort', 'answered'],
  strike: (victim) => victim.askForAbort('soon'),
}
