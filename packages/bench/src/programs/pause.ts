/** A process in which one thread stops in the middle of a large result. Answers by how much the memory grew meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { contenderOf } from '../contenders/index.js'
import { residentMebibytes } from '../harness/memory.js'
import { answerWith } from '../harness/program.js'
import type { Address } from '../server/address.js'
import { PAUSED } from '../threads/paused-loads.js'

export interface PauseInput {
  readonly contender: string
  readonly address: Address
  readonly lines: number
  /** How often the lines are sent. */
  readonly copies: number
}

const SAMPLE_MILLIS = 5

answerWith<PauseInput>(async ({ contender, address, lines, copies }) => {
  const phase = new Int32Array(new SharedArrayBuffer(4))
  const running = await contenderOf(contender).start({ address, threads: 1, connections: 1 })
  const reading = running.run('pausedCopyOut', { lines, copies, phase })
  let isOver = false
  const over = () => {
    isOver = true
  }
  reading.then(over, over)
  const during: number[] = []
  while (!isOver) {
    if (phase[0] === PAUSED) during.push(residentMebibytes())
    await sleep(SAMPLE_MILLIS)
  }
  await reading
  await running.stop()
  if (during.length === 0) throw new Error('The pause was not seen')
  return { growth: Math.max(...during) - during[0]! }
})
