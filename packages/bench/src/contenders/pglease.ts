import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import type * as leasedThread from '../threads/leased-thread.js'
import type { Contender, Running, Setting } from './contender.js'

const filename = new URL('../threads/leased-thread.js', import.meta.url).href

export const pglease: Contender = {
  name: 'pglease',
  about: 'the threads lease connections of one pool on the main thread',
  start: startPglease,
}

/** For those who send the same texts from task to task. */
export const pgleaseLasting: Contender = {
  name: 'pglease, lasting',
  about: "the same, with prepare: 'connection': statements live as long as their connection",
  start: (setting) => startPglease(setting, 'connection'),
}

export async function startPglease(
  { address, threads, connections, pipelined = false }: Setting,
  prepare: true | 'connection' = true,
): Promise<Running & { broker: ConnectionBroker }> {
  const broker = new ConnectionBroker({ databases: { default: { ...address, max: connections, prepare } } })
  const executor = new SharedPoolExecutor<typeof leasedThread>(broker, {
    filename,
    minThreads: threads,
    maxThreads: threads,
    workerData: { pipelined },
  })
  return {
    broker,
    run: (name, input) => executor.run({ name, input }, { name: 'runLoad' }) as never,
    async stop() {
      await executor.close({ timeoutMillis: 1000 })
      await broker.close({ timeoutMillis: 1000 })
    },
  }
}
