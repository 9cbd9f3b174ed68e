import { ProtocolError } from '@pglease/client'
import {
  type BrokerFrame,
  type FrameChannel,
  type GrantedSocket,
  isBytes,
  type OpenFrame,
  type ReturnFrame,
  type SessionCell,
  toWire,
  type WorkerFrame,
} from '@pglease/client/internal'
import { checkOptions } from '../common/option-check.js'
import { LEASE_CHECKS } from '../connection/lease-checks.js'
import type { DatabaseLeases } from './database-leases.js'
import { isAcknowledgement, isAgain, isAsk, isOpen, isReturn } from './frame-checks.js'
import type { Lease } from './lease.js'
import type { LeasePeer } from './lease-peer.js'
import type { SessionAtEnd } from './thread-socket.js'

/** Finds the database that a thread asks for. @throws UnknownDatabaseError or BrokerClosedError */
export type FindDatabase = (name: string) => DatabaseLeases

/** What a thread may have through its lease ports. */
export interface PortRights {
  /** For people. */
  readonly label: string
  readonly find: FindDatabase
  /** Whether it may keep a socket from one lease to its next. */
  readonly keepsSockets: boolean
}

/** An answer smaller than this travels in the grant's frame; a larger one is moved behind it. */
const GRANT_BYTES = 4096

/** The broker's end of a lease port: gives each of its leases, one after another, the frames meant for it. */
export class ServedPort implements LeasePeer {
  readonly #channel: FrameChannel<WorkerFrame, BrokerFrame>
  readonly #find: FindDatabase
  readonly cell: SessionCell | undefined
  readonly speaksTls: boolean
  readonly thread: string
  readonly keepsSockets: boolean
  readonly #onClosed: () => void
  #lease: Lease | undefined
  /** The number of the latest lease. */
  #number = 0
  /** The grant is posted with the first bytes that follow it: one message less for each lease. */
  #unpostedGrant: { processId: number; isAskable: boolean } | undefined

  constructor(
    channel: FrameChannel<WorkerFrame, BrokerFrame>,
    { find, label, keepsSockets }: PortRights,
    cell: SessionCell | undefined,
    speaksTls: boolean,
    onClosed: () => void,
  ) {
    this.#channel = channel
    this.#find = find
    this.thread = label
    this.keepsSockets = keepsSockets
    this.cell = cell
    this.speaksTls = speaksTls
    this.#onClosed = onClosed
    channel.onFrame = (frame) => this.#receive(frame)
    channel.onClose = () => this.#closed()
  }

  /** Once its lease is over, whose socket the thread may use until it hears of this: it has not said that it is done. */
  close(): void {
    this.#lease = undefined
    this.#channel.close()
  }

  granted(processId: number, isAnswered: boolean, isAskable: boolean): void {
    this.#unpostedGrant = { processId, isAskable }
    if (!isAnswered) this.#postGrant(undefined)
  }

  handedOver(processId: number, socket: GrantedSocket): void {
    this.#unpostedGrant = undefined
    this.#channel.post({ grant: this.#number, processId, bytes: undefined, socket })
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
    this.#channel.post({ revoke: this.#number, error: toWire(error) })
  }

  #postGrant(bytes: Uint8Array | undefined): void {
    const grant = this.#unpostedGrant
    this.#unpostedGrant = undefined
    if (grant !== undefined) this.#channel.post({ grant: this.#number, ...grant, bytes })
  }

  #receive(frame: WorkerFrame): void {
    if (isBytes(frame)) this.#lease?.write(frame)
    else if (isAcknowledgement(frame)) this.#lease?.acknowledged(frame)
    else if (isOpen(frame) && (this.#lease === undefined || this.#lease.isTaken)) this.#open(frame)
    else if (frame === 'cancel') this.#lease?.cancel()
    else if (frame === 'cancel and tell') this.#lease?.cancelAndTell()
    else if (frame === 'release' || frame === 'destroy') this.#release(frame)
    else if (frame === 'kept') this.#lease?.kept()
    else if (isReturn(frame)) this.#return(frame)
    else if (isAgain(frame)) this.#lease?.notReset(frame)
    else if (isAsk(frame)) this.#lease?.asksForSocket(frame.ask)
    else this.#refuse()
  }

  /** A thread can post what it likes: what is no frame, or out of order, ends its lease and not this thread. */
  #refuse(): void {
    this.#release('destroy', 'not returned')
    this.revoked(new ProtocolError('Something came over the lease port that is no frame of a lease.'))
    this.close()
  }

  #open({ open, request, bytes }: OpenFrame): void {
    this.#number = open
    this.#unpostedGrant = undefined
    try {
      checkOptions('lease', request, LEASE_CHECKS, request.database)
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
    this.#release('release', this.cell?.left)
    this.#onClosed()
  }
}
