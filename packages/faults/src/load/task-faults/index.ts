import { aborted, abortedInQueue, abortedSoon } from './aborted.js'
import { exiting } from './exiting.js'
import { looping, loopingDeaf, loopingToItsEnd, waitingForEver } from './looping.js'
import { outOfMemory } from './out-of-memory.js'
import { returningWhatCannotBeCloned } from './returning-what-cannot-be-cloned.js'
import type { TaskFault } from './task-fault.js'
import { terminated } from './terminated.js'
import { throwing } from './throwing.js'
import { uncaught, unhandled } from './uncaught.js'

export const TASK_FAULTS: readonly TaskFault[] = [
  throwing,
  returningWhatCannotBeCloned,
  exiting,
  uncaught,
  unhandled,
  outOfMemory,
  aborted,
  abortedSoon,
  abortedInQueue,
  looping,
  loopingDeaf,
  waitingForEver,
  loopingToItsEnd,
  terminated,
]

export function taskFaultOf(name: string): TaskFault {
  const fault = TASK_FAULTS.find((each) => each.name === name)
  if (fault === undefined) throw new Error(`There is no fault "${name}" of a task`)
  return fault
}
