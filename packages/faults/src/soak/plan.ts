import { planLine, type RoundPlan } from '../campaign/schedule.js'
import { Random, seedOf } from '../common/random.js'
import { FAULTS } from '../faults/index.js'
import { TASK_FAULTS } from '../load/task-faults/index.js'
import type { Load } from '../subject/messages.js'

/** In all, those of the executor and plain ones. */
const THREADS = 32
const WORKERS = 4
const CONNECTIONS = 4

const LOAD: Load = {
  threads: THREADS - WORKERS,
  workers: WORKERS,
  callers: { executor: 2 * (THREADS - WORKERS), worker: 2, main: 1 },
  faultPercent: 4,
}

/** Not those that close the broker: that one has to last. */
const STRIKING = FAULTS.filter(({ costs }) => costs.closed === undefined)

export const SOAK_FAULTS: readonly string[] = [...STRIKING, ...TASK_FAULTS].map(({ name }) => name)

/** Seldom enough that the load does most of the work. */
const QUICK_MILLIS = 400
const LONG_MILLIS = 5000

/** One of the stretches of a soak, of about so many seconds. */
export function planStretch(seed: number, number: number, seconds: number): RoundPlan {
  const own = seedOf(seed, 'soak', number)
  const random = new Random(own)
  const line = (length: 'quick' | 'long', pauseMillis: number) =>
    planLine(
      STRIKING.filter((fault) => fault.length === length),
      { count: Math.ceil((seconds * 1000) / pauseMillis), pauseMillis },
      random,
    )
  return {
    number,
    seed: own,
    temper: 'all',
    settings: {
      max: CONNECTIONS,
      // Longer than any fault lasts, with many who wait.
      connectionTimeoutMillis: 60_000,
      validateTimeoutMillis: 1000,
      cancelTimeoutMillis: 1000,
    },
    load: LOAD,
    lines: [line('quick', QUICK_MILLIS), line('long', LONG_MILLIS)],
  }
}
