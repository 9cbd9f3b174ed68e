import type { TaskFault } from './task-fault.js'

const never = () => new Promise<never>(() => {})

export const uncaught: TaskFault = {
  name: 'thread throws an error that nobody catches',
  weight: 0.2,
  in: ['executor', 'worker'],
  ends: ['thread'],
  strike() {
    setImmediate(() => {
      throw new Error('Nobody catches this')
    })
    return never()
  },
}

export const unhandled: TaskFault = {
  name: 'thread leaves a rejection unhandled',
  weight: 0.2,
  in: ['executor', 'worker'],
  ends: ['thread'],
  strike() {
    void Promise.reject(new Error('Nobody handles this'))
    return never()
  },
}
