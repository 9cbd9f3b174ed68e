import { MessageChannel, type MessagePort, threadId } from 'node:worker_threads'
import {
  type BrokerControl,
  type BrokerFrame,
  BrokerLink,
  CELL_BYTES,
  Channels,
  isMemory,
  SessionCell,
  STANDSTILL_BYTES,
  standStill,
  type WorkerFrame,
} from '@pglease/client/internal'
import { serveControl } from './control-port.js'
import { type PortRights, ServedPort } from './served-port.js'

/** What a thread may have of the broker. */
export interface ThreadRights extends PortRights {
  readonly databases: readonly string[]
  readonly traceLeases: boolean
  /** Whether some of the databases' connections have TLS. */
  readonly usesTls: boolean
}

/** The broker's ends of all threads' ports: a control port each, and the lease ports. */
export class ThreadPorts {
  readonly #ports = new Set<{ close(): void }>()
  #state: 'open' | 'closed' = 'open'

  /** Serves a thread whose end of the control port is a `BrokerLink`. */
  serve(port: MessagePort, rights: ThreadRights): void {
    const { databases, traceLeases, usesTls } = rights
    let mayStandStill = usesTls
    const control: BrokerControl = {
      hello: () => ({ databases: [...databases], traceLeases, usesTls, threadId }),
      standStill: (memory) => {
        if (mayStandStill && isMemory(memory, STANDSTILL_BYTES)) standStill(memory)
        mayStandStill = false
      },
      serveLeases: (leases, speaksTls) =>
        this.#serveLeases(leases as MessagePort, rights, speaksTls === true),
    }
    serveControl(control, port)
    this.#keep(port)
  }

  /** A link of this very thread. */
  linkHere(rights: Omit<ThreadRights, 'keepsSockets'>): BrokerLink {
    const { port1, port2 } = new MessageChannel()
    // The figures are to be right as soon as a lease is over, and a crossing is cheap here.
    this.serve(port2, { ...rights, keepsSockets: false })
    return new BrokerLink(port1)
  }

  close(): void {
    this.#state = 'closed'
    for (const port of this.#ports) port.close()
  }

  #serveLeases(port: MessagePort, rights: ThreadRights, speaksTls: boolean): void {
    if (this.#state === 'closed') return port.close()
    new Channels<WorkerFrame, BrokerFrame>(port, (channel, memory) => {
      const cell = isMemory(memory, CELL_BYTES) ? new SessionCell(memory) : undefined
      const served = new ServedPort(channel, rights, cell, speaksTls, () => this.#ports.delete(served))
      this.#ports.add(served)
    })
    this.#keep(port)
  }

  #keep(port: MessagePort): void {
    this.#ports.add(port)
    port.once('close', () => this.#ports.delete(port))
  }
}
