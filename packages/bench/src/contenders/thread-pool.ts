import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { AccessSpec } from '../threads/access.js'
import type { Running } from './contender.js'

const THREAD = new URL('../threads/own-thread.js', import.meta.url).href

/** A plain Piscina whose threads reach the database by themselves, in the way that `access` says. */
export async function startThreads(
  threads: number,
  access: AccessSpec,
  onPort: (port: MessagePort) => void = () => {},
): Promise<Running> {
  const piscina = new Piscina({
    filename: THREAD,
    minThreads: threads,
    maxThreads: threads,
    workerData: access,
  })
  piscina.on('message', ({ port }: { port: MessagePort }) => onPort(port))
  return {
    run: (name, input) => piscina.run({ name, input }),
    stop: () => piscina.destroy(),
  }
}
