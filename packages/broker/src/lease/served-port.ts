import { ProtocolError } from '@pglease/client'
import {
  type AgainFrame,
  type AskFrame,
  type BrokerFrame,
  checkOptions,
  type FrameChannel,
  type GrantedSocket,
  type NotAwaitedFrame,
  type OpenFrame,
  type ReturnFrame,
  type ServerProcess,
  type SessionCell,
  toWire,
  type WorkerFrame,
} from '@pglease/client/internal'
import { LEASE_CHECKS } from '../connection/lease-checks.js'
import type { DatabaseLeases } from './database-leases.js'
import { type FrameKind, kindOf, mayCome } from './frame-guard.js'
import type { Lease } from './lease.js'
import { abortedBefore } from './lease-errors.js'
import type { LeasePeer } from './lease-peer.js'
import type { SessionAtEnd } from './thread-socket.js'

/** Finds the database that a thread asks for. @throws UnknownDatabaseError or BrokerClosedError */
export type FindDatabase = (name: string) => DatabaseLeases

/** What a thread may have through its lease ports. */
export interface PortRights {
  /** For people. */
  readonly label: string
  readonly threadId: number
  readonly find: FindDatabase
  /** Whether it is the broker's own. */
  readonly isMainThread: boolean
}

/** Told what becomes of a lease port. */
export interface PortOwner {
  /** Whether the thread is ended in the middle of what it does. */
  isKilled(): boolean
  /** Whether the task that it runs is aborted. */
  isTaskAborted(): boolean
  closed(): void
  /** The thread has posted what it may not, and the port is closed. */
  breach(what: string): void
}

/** An answer smaller than this travels in the grant's frame; a larger one is moved behind it. */
const GRANT_BYTES = 4096

/** What the holders of leases are told when their thread has posted something that it may not, for a port. */
export function breachOf(what: string): unknown {
  return toWire(new ProtocolError(`The thread has posted ${what}.`))
}

/** The broker's end of a lease port: gives each of its leases, one after another, the frames meant for it. */
export class ServedPort implements LeasePeer {
  readonly #channel: FrameChannel<WorkerFrame, BrokerFrame>
  readonly #find: FindDatabase
  readonly cell: SessionCell | undefined
  readonly speaksTls: boolean
  readonly thread: string
  readonly threadId: number
  readonly isMainThread: boolean
  readonly #owner: PortOwner
  #lease: Lease | undefined
  /** The number of the latest lease. */
  #number = 0
  /** The grant is posted with the first bytes that follow it: one message less for each lease. */
  #unpostedGrant: (ServerProcess & { isAskable: boolean }) | undefined

  constructor(
    channel: FrameChannel<WorkerFrame, BrokerFrame>,
    { find, label, threadId, isMainThread }: PortRights,
    cell: SessionCell | undefined,
    speaksTls: boolean,
    owner: PortOwner,
  ) {
    this.#channel = channel
    this.#find = find
    this.thread = label
    this.threadId = threadId
    this.isMainThread = isMainThread
    this.cell = cell
    this.speaksTls = speaksTls
    this.#owner = owner
    channel.onFrame = (frame) => this.#receive(frame)
    channel.onClose = () => this.#closed()
  }

  get isTaskAborted(): boolean {
    return this.#owner.isTaskAborted()
  }

  /** Of the thread, perhaps; it may hear of it late. A lease that has its connection it ends itself. */
  taskAborted(): void {
    const lease = this.#lease
    if (lease?.state !== 'waiting' || !lease.isOfAbortedTask) return
    lease.aborted()
    lease.revoke(abortedBefore(lease.request.database))
  }

  /** Once its lease is over, whose socket the thread may use until it hears of this: it has not said that it is done. */
  leave(): void {
    this.#lease = undefined
  }

  /** The thread has posted what it may not: its lease ends. @param error of `toWire`. */
  refuse(error: unknown): void {
    this.#release('destroy', 'not returned')
    if (this.#number > 0) this.#channel.post({ revoke: this.#number, error })
  }

  granted(server: ServerProcess, isAnswered: boolean, isAskable: boolean): void {
    const { processId, serverVersion, statements } = server
    this.#unpostedGrant = { processId, serverVersion, statements, isAskable }
    if (!isAnswered) this.#postGrant(undefined)
  }

  handedOver({ processId, serverVersion, statements }: ServerProcess, socket: GrantedSocket): void {
    this.#unpostedGrant = undefined
    this.#channel.post({
      grant: this.#number,
      processId,
      serverVersion,
      statements,
      bytes: undefined,
      socket,
    })
  }

  cancelled(): void {
    this.#channel.post('cancelled')
  }

  taken(): void {
    this.#channel.post('taken')
  }

  bytes(chunk: Buffer): void {
    if (this.#unpostedGrant === undefined) return this.#channel.postCopy(chunk)
    if (chunk.byteLength < GRANT_BYTES) return this.#postGrant(new Uint8Array(chunk))
    this.#postGrant(undefined)
    this.#channel.postCopy(chunk)
  }

  acknowledge(bytes: number): void {
    this.#postGrant(undefined)
    this.#channel.post(bytes)
  }

  revoked(error: Error): void {
    // Without it the worker would not know that what it has written was sent.
    this.#postGrant(undefined)
    this.#channel.post({ revoke: this.#number, error: toWire(error) })
  }

  #postGrant(bytes: Uint8Array | undefined): void {
    const grant = this.#unpostedGrant
    this.#unpostedGrant = undefined
    if (grant !== undefined) this.#channel.post({ grant: this.#number, ...grant, bytes })
  }

  #receive(frame: unknown): void {
    const kind = kindOf(frame)
    if (kind === undefined) this.#breach('something to a lease port that is no frame of a lease')
    else if (!mayCome(kind, frame, this.#lease))
      this.#breach(`"${kind}" to a lease port, which may not come now`)
    else this.#accept(kind, frame as WorkerFrame)
  }

  #accept(kind: FrameKind, frame: WorkerFrame): void {
    switch (kind) {
      case 'bytes':
        return this.#lease!.write(frame as Uint8Array)
      case 'acknowledgement':
        return this.#lease!.acknowledged(frame as number)
      case 'open':
        return this.#open(frame as OpenFrame)
      case 'ask':
        return this.#lease!.asksForSocket((frame as AskFrame).ask)
      case 'not awaited':
        return this.#lease?.notAwaited(frame as NotAwaitedFrame)
      case 'again':
        return this.#lease!.notReset(frame as AgainFrame)
      case 'return':
        return this.#return(frame as ReturnFrame)
      case 'cancel':
        return this.#lease?.cancel()
      case 'cancel and tell':
        return this.#lease!.cancelAndTell()
      case 'read only':
        return this.#lease?.refusedToWrite()
      case 'aborted':
        return this.#lease?.aborted()
      case 'release':
      case 'destroy':
        return this.#release(kind)
    }
  }

  #breach(what: string): void {
    this.refuse(breachOf(what))
    this.#channel.close()
    this.#owner.breach(what)
  }

  #open({ open, request, bytes }: OpenFrame): void {
    this.#number = open
    this.#unpostedGrant = undefined
    try {
      checkOptions('lease', request, LEASE_CHECKS, request)
      if (request.task !== undefined && this.isTaskAborted) throw abortedBefore(request.database)
      this.#lease = this.#find(request.database).open(this, request, bytes)
    } catch (error) {
      this.revoked(error as Error)
    }
  }

  #return({ back, session, reopened }: ReturnFrame): void {
    if (reopened !== undefined) this.#lease?.reopened(reopened)
    this.#release(back, session)
  }

  #release(how: 'release' | 'destroy', session?: SessionAtEnd): void {
    this.#lease?.release(how, session)
    this.#lease = undefined
  }

  /** The worker is gone, in whatever way: the lease ends with its port. */
  #closed(): void {
    if (this.#owner.isKilled()) this.#lease?.aborted()
    this.#release('release', this.cell?.left)
    this.#owner.closed()
  }
}
