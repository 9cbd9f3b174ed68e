/** A process in which one thread has many leases waiting, then many one after another. Run with --expose-gc. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { answerWith } from '../harness/program.js'
import type { Address } from '../server/address.js'
import type * as leasedThread from '../threads/leased-thread.js'

export interface LeaseMemoryInput {
  readonly address: Address
  /** How many leases wait at a time. */
  readonly waiting: number
  /** How many are opened and released, one after another. */
  readonly finished: number
}

const filename = new URL('../threads/leased-thread.js', import.meta.url).href

answerWith<LeaseMemoryInput>(async ({ address, waiting, finished }) => {
  const broker = new ConnectionBroker({ databases: { default: { ...address, max: 1 } } })
  const executor = new SharedPoolExecutor<typeof leasedThread>(broker, {
    filename,
    maxThreads: 1,
    workerData: { pipelined: false },
  })
  const lease = (count: number, atATime: number) =>
    executor.run({ name: 'countedLeases', input: { count, atATime } }, { name: 'runLoad' })

  // What is allocated once, whatever the number of leases.
  await lease(finished / 10, 1)
  const before = collected()
  await lease(finished, 1)
  const kept = (collected() - before) / finished

  const blocker = await holdConnection(broker)
  const idle = process.memoryUsage.rss()
  const leases = lease(waiting, waiting)
  while (broker.stats().default!.waiting < waiting) await sleep(5)
  const perWaiting = (process.memoryUsage.rss() - idle) / waiting / 1024
  blocker.release()
  await leases

  await executor.close()
  await broker.close()
  return { kept, waiting: perWaiting }
})

/** Bytes that this thread uses, with no garbage among them. */
function collected(): number {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('Run this with --expose-gc')
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Leases the only connection and keeps it. */
function holdConnection(broker: ConnectionBroker): Promise<{ release(): void }> {
  return new Promise((resolve, reject) => {
    broker
      .withConnection(async (client) => {
        await client.query('SELECT 1')
        await new Promise<void>((release) => resolve({ release }))
      })
      .catch(reject)
  })
}
