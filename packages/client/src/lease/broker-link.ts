import { isMainThread, MessageChannel, type MessagePort, parentPort, threadId } from 'node:worker_threads'
import { type Remote, transfer, wrap } from 'comlink'
import { NotAttachedError } from '../common/errors.js'
import { openSsl } from '../socket/openssl.js'
import { Standstill } from '../socket/standstill.js'
import { attachRequest } from './attach-request.js'
import { Channels } from './channels.js'
import { keepErrorsWhole } from './comlink-errors.js'
import type { BrokerControl, BrokerFrame, BrokerInfo, LeaseRequest, WorkerFrame } from './contract.js'
import { type LeaseHolder, LeasePort } from './lease-port.js'
import { SessionCell } from './session-cell.js'
import type { LoanKeeper, SocketLoan } from './socket-loan.js'

/** How long a broker may take to say hello. It is busy elsewhere for that long only if something is wrong. */
const HELLO_MILLIS = 10_000

/** More free ports than this are closed: a burst of leases is over. */
const MAX_FREE_PORTS = 16

/** This thread's connection to the broker: the control proxy, and the lease ports not in use. */
export class BrokerLink implements LoanKeeper {
  /** Kept for the life of the thread: a proxy that is collected drops the answers under way. */
  readonly #control: Remote<BrokerControl>
  /** Of the lease ports. Made when the first is. */
  #channels: Channels<BrokerFrame, WorkerFrame> | undefined
  readonly #freePorts: LeasePort[] = []
  /** Sockets that this thread keeps between its leases, the one used last at the end. */
  readonly #kept: SocketLoan[] = []
  #state: 'open' | 'closed' = 'open'
  #speaksTls = false
  /** Undefined until the broker has answered. */
  info: BrokerInfo | undefined
  /** Rejects with a `NotAttachedError` when no broker answers. */
  readonly ready: Promise<BrokerInfo>
  readonly #controlPort: MessagePort

  constructor(controlPort: MessagePort, helloMillis = HELLO_MILLIS) {
    keepErrorsWhole()
    this.#controlPort = controlPort
    this.#control = wrap<BrokerControl>(controlPort as never)
    this.ready = this.#hello(helloMillis)
    this.ready.catch(() => {})
  }

  get isOpen(): boolean {
    return this.#state === 'open'
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
    this.#controlPort.close()
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
    this.#control.serveLeases(transferred, this.#speaksTls).catch(() => port1.close())
    return new Channels(port1)
  }

  #hasOpenSsl(broker: BrokerInfo): boolean {
    // Its own thread cannot wait for itself, and has loaded it.
    if (broker.threadId === threadId) return openSsl() !== undefined
    const ask = (memory: SharedArrayBuffer) => this.#control.standStill(memory).catch(() => {})
    return openSsl(new Standstill(ask)) !== undefined
  }

  #keep(port: LeasePort): void {
    if (this.#state === 'open' && this.#freePorts.length < MAX_FREE_PORTS) this.#freePorts.push(port)
    else port.close()
  }

  /** Comlink never settles a call whose port closes, so the call races against the port and the clock. */
  async #hello(limit: number): Promise<BrokerInfo> {
    const port = this.#controlPort
    let timer: NodeJS.Timeout | undefined
    const unanswered = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(notAttached(`did not answer within ${limit} ms`)), limit)
      port.once('close', () => {
        this.#state = 'closed'
        reject(notAttached('has closed'))
      })
    })
    try {
      port.ref()
      const info = await Promise.race([this.#control.hello(), unanswered])
      this.#speaksTls = info.usesTls && this.#hasOpenSsl(info)
      this.info = info
      return info
    } finally {
      clearTimeout(timer)
      port.unref()
    }
  }
}

/** Whether a lease asks for nothing that the broker would have to prepare. */
function isPlain({ isolationLevel, readOnly, deferrable }: LeaseRequest): boolean {
  return isolationLevel === undefined && readOnly === undefined && deferrable === undefined
}

function notAttached(what: string): NotAttachedError {
  return new NotAttachedError(
    `The broker ${what}. Call broker.attach(worker) on the main thread right after new Worker(…), ` +
      'or run the code as a task of a SharedPoolExecutor.',
  )
}

let link: BrokerLink | undefined

/**
 * The link of this thread, made when first asked for.
 * @throws NotAttachedError on the main thread, which has the broker itself.
 */
export function threadLink(): BrokerLink {
  if (link !== undefined) return link
  if (isMainThread || parentPort === null) {
    throw new NotAttachedError('This is the main thread: use broker.withConnection() here.')
  }
  const { port1, port2 } = new MessageChannel()
  const request = attachRequest(port2)
  if (request === undefined) port2.close()
  else parentPort.postMessage(request, [port2])
  link = new BrokerLink(port1)
  return link
}
