import {
  type AgainFrame,
  connectionLost,
  type GrantedSocket,
  type LeaseRequest,
  type NotAwaitedFrame,
  type ReopenedLease,
} from '@pglease/client/internal'
import { StateMachine } from '../common/state-machine.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { transactionSettings } from '../connection/session-settings.js'
import type { LeaseBehaviour } from './lease-behaviour.js'
import { LeaseClock } from './lease-clock.js'
import type { LeaseContext } from './lease-context.js'
import { abortedBefore, answeredTooLate, heldTooLong } from './lease-errors.js'
import { HandedOver } from './lease-handed-over.js'
import type { LeaseOwner } from './lease-home.js'
import {
  type LeaseEnding,
  nextLeaseNumber,
  RELEASED,
  tellGranted,
  tellRefused,
  tellRequested,
  tellWithdrawn,
} from './lease-news.js'
import { OVER, Over } from './lease-over.js'
import type { LeasePeer } from './lease-peer.js'
import { Preparing } from './lease-preparing.js'
import { Recalled } from './lease-recalled.js'
import { Relayed } from './lease-relayed.js'
import { LEASE_TRANSITIONS, type LeaseState } from './lease-state.js'
import { Waiting } from './lease-waiting.js'
import { Relay } from './relay.js'
import { isLendable, type SessionAtEnd, ThreadSocket } from './thread-socket.js'
import { UnseenLeases } from './unseen-leases.js'

/**
 * One worker's right to one connection, from `open` to its end: the broker's side. What it does is the affair of the state
 * that it is in; here it is chosen which comes next.
 */
export class Lease implements LeaseContext {
  #request: LeaseRequest
  readonly peer: LeasePeer
  readonly home: LeaseOwner<Lease>
  readonly relay: Relay
  readonly #machine = new StateMachine<LeaseState>('lease', 'waiting', LEASE_TRANSITIONS)
  /** Of the machine's state. */
  #behaviour: LeaseBehaviour = OVER
  readonly #clock = new LeaseClock()
  /** Set from the grant on, but not in the line. */
  #connection: ServerConnection | undefined
  /** Set from when the worker gets the connection's socket; it outlives the loan, but not a new place in the line. */
  #socket: ThreadSocket | undefined
  /** When it was put in the line. */
  requestedAt = 0
  heldSince = 0
  /** Whether it ended by `taken`: the worker tells of its lease, but not of the end. */
  isTaken = false
  /** Whether its holder gives it back because of an abort. */
  isAborted = false
  /** How it has ended, when it has. */
  ending: LeaseEnding = RELEASED
  /** 0 until somebody asks for it. */
  #number = 0
  /** Whether the worker waits for answers only. */
  #isFinishing = false

  /** @param bytes the first that the worker has written. */
  constructor(home: LeaseOwner<Lease>, peer: LeasePeer, request: LeaseRequest, bytes: Uint8Array) {
    this.home = home
    this.peer = peer
    this.#request = request
    this.relay = new Relay(peer, home.counters, bytes)
  }

  get request(): LeaseRequest {
    return this.#request
  }

  get state(): LeaseState {
    return this.#machine.state
  }

  /** Of the lease that the worker has begun last, as far as is known. */
  get number(): number {
    return this.#socket?.unseen.latest?.number ?? this.ownNumber
  }

  /** Of the one that the broker has granted. */
  get ownNumber(): number {
    this.#number ||= nextLeaseNumber()
    return this.#number
  }

  /** Of the same. */
  get task(): string | undefined {
    const unseen = this.#socket?.unseen.latest
    return unseen === undefined ? this.request.task : unseen.task
  }

  get connection(): ServerConnection | undefined {
    return this.#connection
  }

  get processId(): number | undefined {
    return this.#connection?.processId
  }

  get usedAt(): number | undefined {
    return this.#socket?.usedAt
  }

  /** For people: which thread, and which task where it is known. */
  get holder(): string {
    const { task } = this
    return task === undefined ? this.peer.thread : `task ${task} on ${this.peer.thread}`
  }

  // From the worker.

  write(chunk: Uint8Array): void {
    this.relay.arrived(chunk)
    this.#behaviour.write(chunk)
  }

  acknowledged(bytes: number): void {
    this.#behaviour.acknowledged(bytes)
  }

  asksForSocket(chunk: Uint8Array): void {
    this.relay.arrived(chunk)
    this.#behaviour.asksForSocket(chunk)
  }

  cancel(): void {
    this.#behaviour.cancel()
  }

  cancelAndTell(): void {
    this.#behaviour.cancelAndTell()
  }

  /** @param session what is known of one whose socket the worker may have; it need not have come to take it. */
  release(how: 'release' | 'destroy', session: SessionAtEnd = 'untouched'): void {
    this.#behaviour.release(how, session)
  }

  /** The worker has begun a lease with the socket that it had kept, and it is ending now. */
  reopened({ heldMillis, request }: ReopenedLease): void {
    this.count()
    this.#request = request
    // Not before it had the socket, whatever it says.
    this.heldSince = Math.max(performance.now() - heldMillis, this.#socket?.lentAt ?? this.heldSince)
  }

  /** What the worker has sent is to be answered, within bounds: then it ends the lease. */
  notAwaited(frame: NotAwaitedFrame): void {
    if (this.#isFinishing || this.state === 'over' || this.state === 'recalled') return
    this.#isFinishing = true
    this.home.warnOfNotAwaited(this, frame)
    if (this.#connection !== undefined) this.#boundAnswers()
  }

  /** The server has refused to write for it. */
  refusedToWrite(): void {
    if (this.state !== 'over') this.home.suspect()
  }

  /** Its holder gives it back because of an abort. */
  aborted(): void {
    this.isAborted = true
  }

  notReset(frame: AgainFrame): void {
    this.#behaviour.notReset(frame)
  }

  // From the broker.

  /** Puts it in the line. */
  open(): void {
    const waiting = new Waiting(this)
    this.#behaviour = waiting
    this.requestedAt = performance.now()
    tellRequested(this)
    this.home.acquire(waiting)
  }

  get isKept(): boolean {
    return this.#behaviour.isKept
  }

  count(): void {
    this.#behaviour.count()
  }

  revoke(error: Error): void {
    this.#behaviour.revoke(error)
  }

  // The ways from one state to another.

  granted(connection: ServerConnection, waitedMillis: number): void {
    this.#connection = connection
    tellGranted(this, waitedMillis, false)
    connection.keptStatements?.begin()
    this.heldSince = performance.now()
    const { database } = this.home
    const expired = () => this.revoke(heldTooLong(database.name, database.maxLeaseMillis))
    this.#clock.start(database, expired, () => this.home.warnOfLeak(this))
    if (this.#isFinishing) this.#boundAnswers()
    const settings = transactionSettings(this.request, database)
    if (settings.length === 0) return this.relays(connection)
    const preparing = new Preparing(this)
    this.#become('preparing', preparing)
    preparing.begin(connection, settings)
  }

  relays(connection: ServerConnection): void {
    const relayed = new Relayed(this, connection)
    this.#become('active', relayed)
    relayed.begin()
  }

  isCancelling(value: boolean): void {
    this.#machine.to(value ? 'cancelling' : 'active')
  }

  handsOver(connection: ServerConnection, how: Pick<GrantedSocket, 'reset' | 'session'>): boolean {
    const duplicate = isLendable(connection, this.peer) ? connection.duplicate() : undefined
    if (duplicate === undefined) return false
    this.relay.stop()
    const cell = this.peer.cell!
    const unseen = new UnseenLeases(this, this.#request.task, cell)
    const socket = new ThreadSocket(connection, duplicate.descriptor, cell, this.home.counters, unseen)
    this.#socket = socket
    const handedOver = new HandedOver(this, connection, socket)
    this.#become('handed-over', handedOver)
    handedOver.begin({ ...duplicate, ...how })
    return true
  }

  recalls(): void {
    this.#clock.stop()
    const recalled = new Recalled(this, this.#connection!, this.#socket!)
    this.#become('recalled', recalled)
    recalled.begin()
  }

  waitsAgain(): void {
    const connection = this.#connection!
    this.relay.startAgain()
    this.#clock.stop()
    this.home.takeBackUnreset(this, connection)
    this.#connection = undefined
    this.#socket = undefined
    this.#number = 0
    this.#machine.to('waiting')
    if (this.isOfAbortedTask) this.abandoned()
    else this.open()
  }

  get isOfAbortedTask(): boolean {
    return this.request.task !== undefined && this.peer.isTaskAborted
  }

  taken(): void {
    this.isTaken = true
    this.end('release')
    this.peer.taken()
  }

  abandoned(): void {
    this.aborted()
    this.end('release')
    this.peer.revoked(abortedBefore(this.request.database))
  }

  endsUngranted(error: Error | undefined): void {
    if (error === undefined) tellWithdrawn(this, this.requestedAt)
    else tellRefused(this, this.requestedAt, error)
    this.end('release')
  }

  lost(cause: Error): void {
    const error = connectionLost(this.request.database, cause)
    this.ending = { is: 'lost', error }
    this.end('release')
    this.peer.revoked(error)
  }

  end(how: 'release' | 'destroy'): void {
    this.#become('over', this.#socket === undefined ? OVER : new Over(this.#socket))
    this.#clock.stop()
    this.home.forget(this)
    if (this.#connection !== undefined) this.home.takeBack(this, this.#connection, how)
  }

  countRevoked(error: Error): void {
    // Its holder has released it before.
    if (this.#isFinishing) return
    this.home.counters.revoked++
    this.ending = { is: 'revoked', error }
  }

  sendCancel(): Promise<void> {
    this.home.counters.cancels++
    return this.#connection!.cancels.send(this.home.database.cancelTimeoutMillis)
  }

  #boundAnswers(): void {
    const { name, cancelTimeoutMillis } = this.home.database
    this.#clock.boundAnswers(cancelTimeoutMillis, () =>
      this.revoke(answeredTooLate(name, cancelTimeoutMillis)),
    )
  }

  #become(state: LeaseState, behaviour: LeaseBehaviour): void {
    this.#machine.to(state)
    this.#behaviour = behaviour
  }
}
