import type { MessagePort } from 'node:worker_threads'
import { expose } from 'comlink'
import { CloningBroker } from './cloning-broker.js'
import type { Contender } from './contender.js'
import { startThreads } from './thread-pool.js'

export const clonedRows: Contender = {
  name: 'cloned rows',
  about: 'the main thread runs the queries of Comlink calls and clones the rows to the threads',
  async start({ address, threads, connections, pipelined = false }) {
    const broker = new CloningBroker(address, connections, pipelined)
    const ports: MessagePort[] = []
    const running = await startThreads(threads, { kind: 'cloned rows' }, (port) => {
      ports.push(port)
      expose(broker, port as never)
    })
    return {
      run: running.run,
      async stop() {
        await running.stop()
        for (const port of ports) port.close()
        await broker.close()
      },
    }
  },
}
