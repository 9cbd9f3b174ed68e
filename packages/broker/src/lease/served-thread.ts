import { type MessagePort, threadId } from 'node:worker_threads'
import { BrokerClosedError } from '@pglease/client'
import {
  type BrokerControl,
  type BrokerFrame,
  CELL_BYTES,
  Channels,
  type FrameChannel,
  isMemory,
  SessionCell,
  STANDSTILL_BYTES,
  type WorkerFrame,
} from '@pglease/client/internal'
import type { WarningListener } from '../common/warnings.js'
import { serveControl } from './control-port.js'
import { type PortRights, ServedPort } from './served-port.js'
import type { StandstillBudget } from './standstill-budget.js'

/** What a thread may have of the broker. */
export interface ThreadRights extends PortRights {
  readonly databases: readonly string[]
  readonly traceLeases: boolean
  /** Whether some of the databases' connections have TLS. */
  readonly usesTls: boolean
  /** Shared by all the control ports that a thread asks for: how many times the broker may stand still for it. */
  readonly standstills: { left: number }
}

/** What all threads share. */
export interface ThreadHost {
  readonly state: 'open' | 'closed'
  readonly standstills: StandstillBudget
  readonly warn: WarningListener
}

/** The broker's ends of one thread's ports: its control port, and its lease ports. */
export class ServedThread {
  readonly #control: MessagePort
  readonly #rights: ThreadRights
  readonly #host: ThreadHost
  /** What carries its lease ports, from when it has asked for that. */
  #leases: Channels<WorkerFrame, BrokerFrame> | undefined
  readonly #leasePorts = new Set<ServedPort>()
  /** Whether this control port has asked for a standstill. */
  #hasAsked = false
  #isWarned = false

  /** @param control whose other end is a `BrokerLink`'s. */
  constructor(control: MessagePort, rights: ThreadRights, host: ThreadHost) {
    this.#control = control
    this.#rights = rights
    this.#host = host
    serveControl(this.#methods(), control, (what) => this.#breach(what))
  }

  close(): void {
    for (const port of this.#leasePorts) port.close()
    this.#leases?.close()
    this.#control.close()
  }

  #methods(): BrokerControl {
    const { databases, traceLeases, usesTls } = this.#rights
    return {
      hello: () => {
        this.#mustBeOpen()
        return { databases: [...databases], traceLeases, usesTls, threadId }
      },
      standStill: (memory) => this.#standStill(memory),
      serveLeases: (port, speaksTls) => this.#serveLeases(port as MessagePort, speaksTls === true),
    }
  }

  #mustBeOpen(): void {
    if (this.#host.state === 'closed') throw new BrokerClosedError('The broker is closed.')
  }

  #standStill(memory: unknown): void {
    const { usesTls, standstills } = this.#rights
    if (!usesTls || this.#hasAsked || !isMemory(memory, STANDSTILL_BYTES)) return
    this.#hasAsked = true
    this.#host.standstills.spend(memory, standstills.left > 0)
    standstills.left--
  }

  #serveLeases(port: MessagePort, speaksTls: boolean): void {
    if (this.#host.state === 'closed') return port.close()
    if (this.#leases !== undefined) {
      port.close()
      return this.#breach('a second port for its leases')
    }
    this.#leases = new Channels<WorkerFrame, BrokerFrame>(
      port,
      (channel, memory) => this.#serveLeasePort(channel, memory, speaksTls),
      () => this.#breach('something that is for none of its lease ports'),
    )
  }

  #serveLeasePort(
    channel: FrameChannel<WorkerFrame, BrokerFrame>,
    memory: unknown,
    speaksTls: boolean,
  ): void {
    const cell = isMemory(memory, CELL_BYTES) ? new SessionCell(memory) : undefined
    const port = new ServedPort(channel, this.#rights, cell, speaksTls, {
      closed: () => this.#leasePorts.delete(port),
      breach: (what) => this.#warn(what),
    })
    this.#leasePorts.add(port)
  }

  /** The thread has broken the rules of the ports that are not a lease's: it has nothing more of the broker. */
  #breach(what: string): void {
    for (const port of this.#leasePorts) port.refuse(what)
    this.close()
    this.#warn(what)
  }

  #warn(what: string): void {
    if (this.#isWarned) return
    this.#isWarned = true
    const { label } = this.#rights
    this.#host.warn({
      code: 'PGLEASE_PROTOCOL_VIOLATION',
      message: `${label} has posted ${what}: the port is closed, and what was leased through it has ended.`,
      holder: label,
    })
  }
}
