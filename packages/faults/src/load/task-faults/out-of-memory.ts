import type { TaskFault } from './task-fault.js'

export const outOfMemory: TaskFault = {
  name: 'thread runs out of memory',
  weight: 0.05,
  in: ['executor', 'worker'],
  ends: ['thread'],
  strike() {
    const all: unknown[] = []
    for (;;) all.push(new Array(10_000).fill(all.length))
  },
}
