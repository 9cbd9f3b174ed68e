import { type MessagePort, threadId } from 'node:worker_threads'
import { BrokerClosedError } from '@pglease/client'
import {
  type BrokerControl,
  type BrokerFrame,
  CELL_BYTES,
  Channels,
  type FrameChannel,
  isBytes,
  isMemory,
  type KeepingSpan,
  MOST_CHANNELS,
  type ServerAddress,
  SessionCell,
  STANDSTILL_BYTES,
  type WorkerFrame,
} from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'
import type { WarningListener } from '../common/warnings.js'
import { serveControl } from './control-port.js'
import { breachOf, type PortRights, ServedPort } from './served-port.js'
import type { StandstillBudget } from './standstill-budget.js'
import { MOST_CONTROL_PORTS, type ThreadShare } from './thread-share.js'

/** What a thread may have of the broker. */
export interface ThreadRights extends PortRights {
  /** Those that it may lease, and where their servers are. */
  readonly databases: ReadonlyMap<string, ServerAddress | undefined>
  readonly keeping: ReadonlyMap<string, KeepingSpan>
  readonly showing: ReadonlySet<string>
  readonly naming: ReadonlySet<string>
  readonly traceLeases: boolean
  /** Whether some of the databases' connections have TLS. */
  readonly usesTls: boolean
  /** Shared by all the control ports that a thread asks for. */
  readonly share: ThreadShare
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
  /** Reads what has come to it and waits for its turn. */
  readonly #readControl: () => void
  readonly #rights: ThreadRights
  readonly #host: ThreadHost
  /** What carries its lease ports, from when it has asked for that. */
  #leases: Channels<WorkerFrame, BrokerFrame> | undefined
  readonly #leasePorts = new Set<ServedPort>()
  /** Whether this control port has asked for a standstill. */
  #hasAsked = false

  /** @param control whose other end is a `BrokerLink`'s. */
  constructor(control: MessagePort, rights: ThreadRights, host: ThreadHost) {
    this.#control = control
    this.#rights = rights
    this.#host = host
    rights.share.controlPorts++
    const taskAborted = () => {
      for (const port of this.#leasePorts) port.taskAborted()
    }
    rights.share.abortListeners.add(taskAborted)
    control.once('close', () => {
      rights.share.controlPorts--
      rights.share.abortListeners.delete(taskAborted)
      this.#leases?.close()
    })
    this.#readControl = serveControl(this.#methods(), control, (what) => this.#breach(what))
    if (rights.share.controlPorts > MOST_CONTROL_PORTS)
      this.#breach(`more than ${MOST_CONTROL_PORTS} requests for a control port`)
  }

  /** The broker has closed. A thread that has said hello, and was not heard, is told so: the answer takes a few microtasks. */
  close(): void {
    this.#endLeases()
    this.#readControl()
    setImmediate(() => this.#control.close())
  }

  #endLeases(): void {
    for (const port of this.#leasePorts) port.leave()
    this.#leases?.close()
  }

  #methods(): BrokerControl {
    const { databases, keeping, showing, naming, traceLeases, usesTls } = this.#rights
    return {
      hello: () => {
        this.#mustBeOpen()
        return { databases, keeping, showing, naming, traceLeases, usesTls, threadId }
      },
      standStill: (memory) => this.#standStill(memory),
      serveLeases: (port, speaksTls) => this.#serveLeases(port as MessagePort, speaksTls === true),
    }
  }

  #mustBeOpen(): void {
    if (this.#host.state === 'closed') throw new BrokerClosedError('The broker is closed.')
  }

  #standStill(memory: unknown): void {
    const { usesTls, share } = this.#rights
    if (!usesTls || this.#hasAsked || !isMemory(memory, STANDSTILL_BYTES)) return
    this.#hasAsked = true
    this.#host.standstills.spend(memory, share.standstills > 0)
    share.standstills--
  }

  #serveLeases(port: MessagePort, speaksTls: boolean): void {
    if (this.#host.state === 'closed') return port.close()
    if (this.#leases !== undefined) {
      port.close()
      return this.#breach('a second port for its leases')
    }
    this.#leases = new Channels<WorkerFrame, BrokerFrame>(port, {
      opened: (channel, memory) => this.#serveLeasePort(channel, memory, speaksTls),
      garbage: (message) => {
        closeBrought(message)
        this.#breach('something that is for none of its lease ports')
      },
      done: (frame) => {
        if (typeof frame === 'object' && !isBytes(frame)) closeBrought(frame)
      },
    })
  }

  #serveLeasePort(
    channel: FrameChannel<WorkerFrame, BrokerFrame>,
    memory: unknown,
    speaksTls: boolean,
  ): void {
    const cell = isMemory(memory, CELL_BYTES) ? new SessionCell(memory) : undefined
    const { share } = this.#rights
    const port = new ServedPort(channel, this.#rights, cell, speaksTls, {
      isKilled: () => share.isKilled,
      isTaskAborted: () => share.isTaskAborted(),
      closed: () => {
        if (this.#leasePorts.delete(port)) share.leasePorts--
      },
      breach: (what) => this.#warn(what),
    })
    this.#leasePorts.add(port)
    share.leasePorts++
    if (share.leasePorts > MOST_CHANNELS) this.#breach(`more than ${MOST_CHANNELS} openings of a lease port`)
  }

  /** The thread has broken the rules of the ports that are not a lease's: it has nothing more of the broker. */
  #breach(what: string): void {
    // There may be many thousands of them.
    const error = breachOf(what)
    for (const port of this.#leasePorts) port.refuse(error)
    this.#endLeases()
    this.#control.close()
    this.#warn(what)
  }

  #warn(what: string): void {
    const { label, share } = this.#rights
    if (share.isWarned) return
    share.isWarned = true
    this.#host.warn({
      code: 'PGLEASE_PROTOCOL_VIOLATION',
      message: `${label} has posted ${what}: the port is closed, and what was leased through it has ended.`,
      holder: label,
    })
  }
}
