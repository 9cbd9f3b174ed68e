import { createHistogram } from 'node:perf_hooks'
import type { Times } from './snapshot.js'

/** How long something took, of what was recorded since the last look. Node's histogram takes whole numbers from 1: microseconds. */
export class RecentTimes {
  readonly #histogram = createHistogram()

  record(millis: number): void {
    this.#histogram.record(Math.max(1, Math.round(millis * 1000)))
  }

  take(): Times {
    const { count, max } = this.#histogram
    if (count === 0) return { count: 0, p50: 0, p99: 0, max: 0 }
    const at = (percentile: number) => this.#histogram.percentile(percentile) / 1000
    const times = { count, p50: at(50), p99: at(99), max: max / 1000 }
    this.#histogram.reset()
    return times
  }
}
