import type { TaskFault } from './task-fault.js'

export const exiting: TaskFault = {
  name: 'thread exits',
  weight: 0.2,
  in: ['executor', 'worker'],
  ends: ['thread'],
  strike: () => process.exit(3),
}
