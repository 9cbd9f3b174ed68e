import type { TaskFault } from './task-fault.js'

/** Longer than anybody waits; a loop that is never ended must not last for ever. */
const LONGEST_MILLIS = 20_000

/** It looks whether it has been aborted. */
export const looping: TaskFault = {
  name: 'task loops until it is aborted',
  weight: 2,
  in: ['executor'],
  ends: ['abort'],
  strike(victim) {
    victim.askForAbort('soon')
    for (const end = performance.now() + LONGEST_MILLIS; performance.now() < end; ) victim.throwIfAborted()
  },
}

/** It never looks: its thread is ended. */
export const loopingDeaf: TaskFault = {
  name: 'task loops and does not look',
  weight: 0.2,
  in: ['executor'],
  ends: ['abort'],
  strike(victim) {
    victim.askForAbort('soon')
    for (const end = performance.now() + LONGEST_MILLIS; performance.now() < end; );
  },
}

/** A plain thread that does not turn: it is terminated. */
export const loopingToItsEnd: TaskFault = {
  name: 'thread terminated in a loop',
  weight: 0.3,
  in: ['worker'],
  ends: ['thread'],
  strike(victim) {
    victim.askForEnd()
    for (const end = performance.now() + LONGEST_MILLIS; performance.now() < end; );
  },
}

/** It waits for what never comes: its thread is ended. */
export const waitingForEver: TaskFault = {
  name: 'task waits for ever',
  weight: 0.2,
  in: ['executor'],
  ends: ['abort'],
  strike(victim) {
    victim.askForAbort('soon')
    return new Promise(() => {})
  },
}
