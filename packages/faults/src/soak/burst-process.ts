/** Gives one executor very many tasks at once, and tells what that costs this process. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { Piscina } from 'piscina'

export type Contender = 'pglease' | 'Piscina'

export interface BurstFigures {
  readonly millis: number
  /** The longest that a timer of 1 ms was late. */
  readonly longestDelayMillis: number
  readonly meanDelayMillis: number
  /** Of the main thread's heap, and of the process: the most, and what is left when it is over. */
  readonly mostHeapMebibytes: number
  readonly heapLeftMebibytes: number
  readonly residentLeftMebibytes: number
  /** Tasks that did not give what they should. */
  readonly wrong: number
}

const THREADS = 2
const MEBIBYTE = 2 ** 20
const filename = new URL('./burst-task.js', import.meta.url).href

interface Executor {
  run(value: number): Promise<unknown>
  close(): Promise<unknown>
}

function open(contender: Contender): Executor {
  const threads = { minThreads: THREADS, maxThreads: THREADS }
  if (contender === 'Piscina') {
    const piscina = new Piscina({ filename, ...threads })
    return { run: (value) => piscina.run(value), close: () => piscina.destroy() }
  }
  // These tasks need no connection: nothing is asked of a server.
  const broker = new ConnectionBroker({ databases: { default: { host: '127.0.0.1', port: 1 } } })
  const executor = new SharedPoolExecutor(broker, { filename, ...threads })
  return {
    run: (value) => executor.run(value),
    close: async () => {
      await executor.close()
      await broker.close()
    },
  }
}

async function burst(executor: Executor, count: number): Promise<number> {
  const tasks = Array.from({ length: count }, (_, value) => executor.run(value))
  const settled = await Promise.allSettled(tasks)
  return settled.filter((each, at) => each.status === 'rejected' || each.value !== at + 1).length
}

/** Behind two garbage collections: the first one finds what the second one can free. */
async function restingMemory(): Promise<{ heap: number; resident: number }> {
  for (let times = 0; times < 2; times++) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await sleep(50)
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed / MEBIBYTE, resident: rss / MEBIBYTE }
}

async function measure(contender: Contender, count: number): Promise<BurstFigures> {
  const executor = open(contender)
  // The code is compiled, and the heap has grown.
  await burst(executor, count / 10)
  const before = await restingMemory()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // It has to have fired before it can be late.
  await sleep(20)
  delay.reset()
  const begin = performance.now()
  const running = burst(executor, count)
  const mostHeapMebibytes = process.memoryUsage().heapUsed / MEBIBYTE
  const wrong = await running
  const millis = performance.now() - begin
  await sleep(2)
  delay.disable()
  const after = await restingMemory()
  await executor.close()
  return {
    ...{ millis, wrong, mostHeapMebibytes },
    longestDelayMillis: delay.max / 1e6,
    meanDelayMillis: delay.mean / 1e6,
    heapLeftMebibytes: after.heap - before.heap,
    residentLeftMebibytes: after.resident - before.resident,
  }
}

// Also when whoever compares is gone.
process.once('disconnect', () => process.exit())
process.once('message', async ({ contender, count }: { contender: Contender; count: number }) => {
  const figures = await measure(contender, count)
  process.send!(figures, () => process.disconnect())
})
