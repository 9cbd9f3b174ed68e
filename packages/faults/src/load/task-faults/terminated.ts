import type { TaskFault } from './task-fault.js'

export const terminated: TaskFault = {
  name: 'thread terminated in a phase',
  weight: 0.4,
  in: ['worker'],
  ends: ['thread', 'answered'],
  strike: (victim) => victim.askForEnd(),
}
