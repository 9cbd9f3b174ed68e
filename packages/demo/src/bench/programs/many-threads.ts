/** A process with many threads that open leases, use each for one query, and release it. */

import { everywhere, inEachThread } from '../cases/rates.js'
import type { Setting } from '../contenders/contender.js'
import { contenderOf } from '../contenders/index.js'
import { settledMebibytes } from '../harness/memory.js'
import { answerWith } from '../harness/program.js'

export interface ManyThreadsInput {
  readonly contender: string
  readonly setting: Setting
  readonly millis: number
}

const WARM_UP_MILLIS = 200

answerWith<ManyThreadsInput>(async ({ contender, setting, millis }) => {
  const { threads } = setting
  const before = await settledMebibytes()
  const running = await contenderOf(contender).start(setting)
  await inEachThread(running, 'shortLeases', everywhere(threads, { millis: WARM_UP_MILLIS }))
  const thread = ((await settledMebibytes()) - before) / threads
  const [cpuBefore, start] = [process.cpuUsage(), performance.now()]
  const { rate } = await inEachThread(running, 'shortLeases', everywhere(threads, { millis }))
  const { user, system } = process.cpuUsage(cpuBefore)
  const leases = rate! * ((performance.now() - start) / 1000)
  await running.stop()
  return { rate: rate!, cpu: (user + system) / leases, thread }
})
