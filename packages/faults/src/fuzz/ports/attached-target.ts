import { MessageChannel, Worker } from 'node:worker_threads'
import type { ConnectionBroker } from '@pglease/broker'
import { closeBrought } from '@pglease/broker/internal'
import fc from 'fast-check'
import { within } from '../../common/until.js'
import { keptCases } from '../corpus.js'
import type { Target, World } from '../target.js'
import type { AttachedThreadData } from './attached-thread.js'
import type { Innocents } from './innocents.js'
import type { Script } from './script.js'
import { SCRIPTS, type ScriptKind } from './scripts.js'

/** Scripts of one thread. */
const BATCH = 20

const BATCH_MILLIS = 60_000

/** Scripts in a plain worker thread that is attached to the broker. */
export function attachedTarget(
  kind: ScriptKind,
  broker: ConnectionBroker,
  innocents: Innocents,
  { trace }: World,
): Target {
  return {
    name: kind,
    async run(seed) {
      const scripts =
        seed === undefined ? keptCases<Script>(kind) : fc.sample(SCRIPTS[kind], { seed, numRuns: BATCH })
      if (scripts.length > 0) await playAll(scripts)
      await innocents.check()
      return scripts.length
    },
    close: async () => {},
  }

  async function playAll(scripts: readonly Script[]): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    const data: AttachedThreadData = { scripts, trace, port: port2 }
    const worker = new Worker(new URL('./attached-thread.js', import.meta.url), {
      workerData: data,
      transferList: [port2],
    })
    broker.attach(worker)
    // What a script does to its own thread is its own affair; so is what it posts.
    worker.on('error', () => {})
    worker.on('message', (message) => closeBrought(message))
    const isOver = new Promise<void>((resolve) => {
      port1.on('close', resolve)
      port1.on('message', (message) => {
        if (message === 'done') resolve()
        else setImmediate(() => port1.postMessage('go on'))
      })
    })
    await within(BATCH_MILLIS, `for a thread to play ${BATCH} scripts`, isOver)
    await worker.terminate()
    port1.close()
  }
}
