import { PLANNED } from '../plan.js'
import type { TaskFault } from './task-fault.js'

export const throwing: TaskFault = {
  name: 'task throws',
  weight: 6,
  in: ['executor', 'worker', 'main'],
  ends: ['planned'],
  strike() {
    throw Object.assign(new RangeError('A planned error'), { code: PLANNED })
  },
}
