import type { TaskFault } from './task-fault.js'

/** Struck by the caller of the task: see `perform`. */
export const UNCLONEABLE = 'task returns what cannot be cloned'

export const returningWhatCannotBeCloned: TaskFault = {
  name: UNCLONEABLE,
  weight: 1,
  in: ['executor'],
  ends: ['uncloneable'],
  strike() {},
}
