import type { TaskFault } from './task-fault.js'

/** The task goes on meanwhile, and may be done before the abort has come. */
export const aborted: TaskFault = {
  name: 'task aborted',
  weight: 6,
  in: ['executor', 'worker', 'main'],
  ends: ['abort', 'answered'],
  strike: (victim) => victim.askForAbort('now'),
}

/** Struck by the caller, which does not wait for a phase: the task may be in a queue still. */
export const IMPATIENT = 'task aborted while it may wait'

export const abortedInQueue: TaskFault = {
  name: IMPATIENT,
  weight: 2,
  in: ['executor', 'main'],
  ends: ['abort', 'answered'],
  strike() {},
}

export const abortedSoon: TaskFault = {
  name: 'task aborted a little later',
  weight: 4,
  in: ['executor', 'worker', 'main'],
  ends: ['abort', 'answered'],
  strike: (victim) => victim.askForAbort('soon'),
}
