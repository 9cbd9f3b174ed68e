/** A process with many threads that open leases, use each for one query, and release it. */
import type { Running, Setting } from '../contenders/contender.js'
import { contenderOf } from '../contenders/index.js'
import { settledMebibytes } from '../harness/memory.js'
import { answerWith } from '../harness/program.js'

export interface ManyThreadsInput {
  readonly contender: string
  readonly setting: Setting
}

/** Leases of each thread that do not count: each has a compiler and caches of its own, cold at the start. */
const WARM_UP = 50

/** Leases of each thread that count: as many on any number of threads, for the compilers have then seen as much. */
const PER_THREAD = 150

answerWith<ManyThreadsInput>(async ({ contender, setting }) => {
  const { threads } = setting
  const before = await settledMebibytes()
  const running = await contenderOf(contender).start(setting)
  await leaseInEachThread(running, threads, WARM_UP)
  const thread = ((await settledMebibytes()) - before) / threads
  const [cpuBefore, start] = [process.cpuUsage(), performance.now()]
  await leaseInEachThread(running, threads, PER_THREAD)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  await running.stop()
  const leases = PER_THREAD * threads
  return { rate: leases / seconds, cpu: (user + system) / leases, thread }
})

async function leaseInEachThread(running: Running, threads: number, count: number): Promise<void> {
  const each = Array.from({ length: threads }, () => running.run('countedLeases', { count, atATime: 1 }))
  await Promise.all(each)
}
