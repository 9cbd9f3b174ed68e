import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { BrokerLink } from '@pglease/client/internal'
import type { WarningListener } from '../common/warnings.js'
import { ServedThread, type ThreadHost, type ThreadRights } from './served-thread.js'
import { StandstillBudget } from './standstill-budget.js'

/** The broker's ends of all threads' ports. */
export class ThreadPorts implements ThreadHost {
  readonly standstills = new StandstillBudget()
  readonly warn: WarningListener
  readonly #threads = new Set<ServedThread>()
  #state: 'open' | 'closed' = 'open'

  constructor(warn: WarningListener) {
    this.warn = warn
  }

  get state(): 'open' | 'closed' {
    return this.#state
  }

  /** Serves a thread whose end of the control port is a `BrokerLink`. */
  serve(port: MessagePort, rights: ThreadRights): void {
    const thread = new ServedThread(port, rights, this)
    this.#threads.add(thread)
    port.once('close', () => this.#threads.delete(thread))
  }

  /** A link of this very thread. */
  linkHere(rights: Omit<ThreadRights, 'isMainThread'>): BrokerLink {
    const link = new BrokerLink(() => {
      const { port1, port2 } = new MessageChannel()
      this.serve(port2, { ...rights, isMainThread: true })
      return port1
    })
    link.databases = rights.databases
    return link
  }

  close(): void {
    this.#state = 'closed'
    for (const thread of this.#threads) thread.close()
  }
}
