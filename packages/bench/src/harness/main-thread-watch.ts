import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Values } from './alternate.js'
import { mainThreadSeconds } from './processor-time.js'

/** The interval of the timer whose delay is measured. */
const TIMER_MILLIS = 1

/** Runs work of other threads, and says meanwhile what it costs this one. */
export async function watchMainThread<T>(work: () => Promise<T>): Promise<{ result: T; values: Values }> {
  const delay = monitorEventLoopDelay({ resolution: TIMER_MILLIS })
  const [start, cpuBefore, loopBefore] = [
    performance.now(),
    mainThreadSeconds(),
    performance.eventLoopUtilization(),
  ]
  delay.enable()
  const result = await work()
  delay.disable()
  const { utilization } = performance.eventLoopUtilization(loopBefore)
  const share = (mainThreadSeconds() - cpuBefore) / ((performance.now() - start) / 1000)
  // The histogram has the time between two firings, in nanoseconds.
  const late = (nanos: number) => Math.max(0, nanos / 1e6 - TIMER_MILLIS)
  return {
    result,
    values: {
      busy: utilization,
      // Only Linux counts the processor time of a single thread in a file.
      share: Number.isNaN(share) ? utilization : share,
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
    },
  }
}
