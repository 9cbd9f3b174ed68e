import { type Trend, trendOf } from '../common/slope.js'
import type { Measure, Resources } from '../subject/resources.js'

/** What a measure may seem to grow by in the whole of the time that is judged, beside chance. */
const MAY_GROW: Readonly<Record<Measure, number>> = {
  heapMebibytes: 4,
  externalMebibytes: 4,
  // The allocator's own, of threads that come and go.
  residentMebibytes: 64,
  // Of a thread more or less: it has an event loop, and a kept connection.
  descriptors: 8,
  threads: 2,
  ports: 40,
}

/** Caches, compiled code and all threads are there by then. */
const WARM_PART = 1 / 4

/** Fewer tell nothing. */
const FEWEST = 4

export interface Verdict {
  readonly measure: Measure
  readonly first: number
  readonly last: number
  readonly perMinute: Trend
  readonly grows: boolean
}

/** How what a process holds grows, once it is warm: for good where that is more than chance, and more than it may. */
export function judge(samples: readonly Resources[], minutesEach: number): Verdict[] {
  const judged = samples.slice(Math.ceil(samples.length * WARM_PART))
  if (judged.length < FEWEST) return []
  return (Object.keys(MAY_GROW) as Measure[])
    .map((measure) => ({ measure, values: judged.map((sample) => sample[measure]) }))
    .filter(({ values }) => !values.some(Number.isNaN))
    .map(({ measure, values }) => {
      const { slope, error } = trendOf(values)
      const surely = (slope - 2 * error) * (values.length - 1)
      return {
        measure,
        first: values[0]!,
        last: values.at(-1)!,
        perMinute: { slope: slope / minutesEach, error: error / minutesEach },
        grows: surely > MAY_GROW[measure],
      }
    })
}
