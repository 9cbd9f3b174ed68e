import {
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  performance,
} from 'node:perf_hooks'
import type { LoopFigures } from './snapshot.js'

/** How often the delay is measured, in milliseconds. */
const RESOLUTION = 10

/** How late and how busy this thread is. */
export class MainThread {
  /**
   * Two, each of which is reset at every second look: one that is reset misses what begins before its timer fires next, and the other
   * has it. So a look tells of the time since the one before the last.
   */
  #delays: [IntervalHistogram, IntervalHistogram] = [startMonitor(), startMonitor()]
  #utilization: EventLoopUtilization = performance.eventLoopUtilization()

  take(): LoopFigures {
    const [older, newer] = this.#delays
    const { count } = older
    // Node gives the time from one firing of its timer to the next, in nanoseconds.
    const late = (nanos: number) => (count === 0 ? 0 : Math.max(0, nanos / 1e6 - RESOLUTION))
    const [p50, p99, max] = [older.percentile(50), older.percentile(99), older.max]
    const delay = { count, p50: late(p50), p99: late(p99), max: late(max) }
    older.reset()
    this.#delays = [newer, older]
    const now = performance.eventLoopUtilization()
    const busy = performance.eventLoopUtilization(now, this.#utilization).utilization
    this.#utilization = now
    return { delay, busy }
  }

  stop(): void {
    for (const delay of this.#delays) delay.disable()
  }
}

function startMonitor(): IntervalHistogram {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION })
  monitor.enable()
  return monitor
}
