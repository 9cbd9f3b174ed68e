import { MessageChannel, type MessagePort, threadId } from 'node:worker_threads'
import { transfer } from 'comlink'
import { openSsl } from '../socket/openssl.js'
import { Standstill } from '../socket/standstill.js'
import { Channels } from './channels.js'
import type { BrokerFrame, BrokerInfo, LeaseRequest, WorkerFrame } from './contract.js'
import { ControlLink } from './control-link.js'
import type { KeptStatements } from './kept-statements.js'
import { type LeaseHolder, LeasePort } from './lease-port.js'
import { SessionCell } from './session-cell.js'
import type { LoanKeeper, SocketLoan } from './socket-loan.js'

/** How long a broker may take to say hello, while its thread and this one do not stand still. */
const HELLO_MILLIS = 10_000

/** More free ports than this are closed: a burst of leases is over. */
const MAX_FREE_PORTS = 16

/** Opens the control port: the other end is the broker's, if there is one. @throws NotAttachedError where there can be none. */
export type OpenControlPort = () => MessagePort

/** This thread's connection to the broker: the control port, and the lease ports not in use. */
export class BrokerLink implements LoanKeeper {
  readonly #openControlPort: OpenControlPort
  readonly #helloMillis: number
  /** The latest. One without an answer is replaced. */
  #control: ControlLink | undefined
  /** Of the latest hello, unless it has failed. */
  #greeting: Promise<BrokerInfo> | undefined
  /** Of the lease ports. Made when the first is. */
  #channels: Channels<BrokerFrame, WorkerFrame> | undefined
  readonly #freePorts: LeasePort[] = []
  /** Sockets that this thread keeps between its leases, the one used last at the end. */
  readonly #kept: SocketLoan[] = []
  #state: 'open' | 'closed' = 'open'
  #speaksTls = false
  /** Where their servers are; of another thread's broker known once it has answered. */
  databases: BrokerInfo['databases'] = new Map()
  /** Undefined until the broker has answered. */
  info: BrokerInfo | undefined

  constructor(openControlPort: OpenControlPort, helloMillis = HELLO_MILLIS) {
    this.#openControlPort = openControlPort
    this.#helloMillis = helloMillis
  }

  /** Closed is a link that has been closed, or whose broker has closed since its answer. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /**
   * Asks the broker to say hello, once for all who wait for it, and anew where it has not done so before.
   * @throws NotAttachedError when no broker answers, BrokerClosedError.
   */
  ready(): Promise<BrokerInfo> {
    if (this.#greeting === undefined) {
      this.#greeting = this.#hello()
      this.#greeting.catch(() => {
        this.#greeting = undefined
      })
    }
    return this.#greeting
  }

  takePort(): LeasePort {
    for (let port = this.#freePorts.pop(); port !== undefined; port = this.#freePorts.pop()) {
      if (port.isOpen) return port
    }
    return this.#newPort()
  }

  /** A socket for a lease that needs nothing of the broker; its lease has begun. */
  reopen(holder: LeaseHolder, request: LeaseRequest): SocketLoan | undefined {
    if (!isPlain(request)) return undefined
    for (let at = this.#kept.length - 1; at >= 0; at--) {
      const loan = this.#kept[at]!
      if (loan.database !== request.database || !loan.reopen(holder, request)) continue
      this.drop(loan)
      return loan
    }
    return undefined
  }

  /** What is known of the one that `reopen` would give, if that gives one. */
  keptStatements(request: LeaseRequest): KeptStatements | undefined {
    if (!isPlain(request)) return undefined
    const isNext = (loan: SocketLoan) => loan.database === request.database && loan.isReopenable
    return this.#kept.findLast(isNext)?.keptStatements
  }

  /** The thread keeps a socket. */
  keep(loan: SocketLoan): void {
    this.#kept.push(loan)
  }

  /** The thread keeps it no more. */
  drop(loan: SocketLoan): void {
    const at = this.#kept.indexOf(loan)
    if (at !== -1) this.#kept.splice(at, 1)
  }

  close(): void {
    this.#state = 'closed'
    for (const loan of [...this.#kept]) loan.drop()
    this.#channels?.close()
    this.#control?.close()
  }

  #newPort(): LeasePort {
    this.#channels ??= this.#newChannels()
    const cell = new SessionCell()
    return new LeasePort(this.#channels.open(cell.memory), cell, (port) => this.#keep(port))
  }

  #newChannels(): Channels<BrokerFrame, WorkerFrame> {
    const { port1, port2 } = new MessageChannel()
    const transferred = transfer(port2 as never, [port2 as never])
    // Its leases learn of a refusal by its end.
    this.#control!.control.serveLeases(transferred, this.#speaksTls).catch(() => port1.close())
    return new Channels(port1)
  }

  #hasOpenSsl(broker: BrokerInfo): boolean {
    // Its own thread cannot wait for itself, and has loaded it.
    if (broker.threadId === threadId) return openSsl() !== undefined
    const ask = (memory: SharedArrayBuffer) => this.#control!.control.standStill(memory).catch(() => {})
    return openSsl(new Standstill(ask)) !== undefined
  }

  #keep(port: LeasePort): void {
    if (this.#state === 'open' && this.#freePorts.length < MAX_FREE_PORTS) this.#freePorts.push(port)
    else port.close()
  }

  async #hello(): Promise<BrokerInfo> {
    const control = new ControlLink(this.#openControlPort())
    this.#control = control
    const info = await control.hello(this.#helloMillis)
    control.onClose(() => {
      this.#state = 'closed'
    })
    this.#speaksTls = info.usesTls && this.#hasOpenSsl(info)
    this.info = info
    this.databases = info.databases
    return info
  }
}

/** Whether a lease asks for nothing that the broker would have to prepare. */
function isPlain({ isolationLevel, readOnly, deferrable }: LeaseRequest): boolean {
  return isolationLevel === undefined && readOnly === undefined && deferrable === undefined
}
