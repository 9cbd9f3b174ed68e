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

/** Leases of each thread that count, or more where few threads would be done too soon. */
const PER_THREAD = 50
const LEAST = 1000

answerWith<ManyThreadsInput>(async ({ contender, setting }) => {
  const { threads } = setting
  const before = await settledMebibytes()
  const running = await contenderOf(contender).start(setting)
  await leaseInEachThread(running, threads, WARM_UP)
  const thread = ((await settledMebibytes()) - before) / threads
  const count = Math.max(PER_THREAD, Math.ceil(LEAST / threads))
  const [cpuBefore, start] = [process.cpuUsage(), performance.now()]
  await leaseInEachThread(running, threads, count)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  await running.stop()
  return { rate: (count * threads) / seconds, cpu: (user + system) / (count * threads), thread }
})

async function leaseInEachThread(running: Running, threads: number, count: number): Promise<void> {
  const each = Array.from({ length: threads }, () => running.run('countedLeases', { count, atATime: 1 }))
  await Promise.all(each)
}
