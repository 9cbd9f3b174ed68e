import { LeaseTimeoutError, ProtocolError } from '@pglease/client'
import {
  type AgainFrame,
  connectionLost,
  type GrantedSocket,
  type LeaseRequest,
  type ReopenedLease,
  ResetFailedError,
} from '@pglease/client/internal'
import { StateMachine } from '../common/state-machine.js'
import { type ConnectionUser, NOBODY } from '../connection/connection-user.js'
import { exchange } from '../connection/exchange.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { transactionSettings } from '../connection/session-settings.js'
import type { Waiter } from '../pool/waiters.js'
import type { DatabaseLeases } from './database-leases.js'
import { LeaseClock } from './lease-clock.js'
import { heldTooLong, saidGoodbye } from './lease-errors.js'
import type { LeasePeer } from './lease-peer.js'
import { LEASE_TRANSITIONS, type LeaseState } from './lease-state.js'
import { Relay } from './relay.js'
import { type SessionAtEnd, ThreadSocket } from './thread-socket.js'

/** How long a thread has to return the socket of a lease that is taken back. */
const RECALL_MILLIS = 100

/** One worker's right to one connection, from `open` to its end: the broker's side. */
export class Lease implements Waiter, ConnectionUser {
  #request: LeaseRequest
  readonly peer: LeasePeer
  readonly #home: DatabaseLeases
  readonly #machine = new StateMachine<LeaseState>('lease', 'waiting', LEASE_TRANSITIONS)
  readonly #relay: Relay
  readonly #clock = new LeaseClock()
  /** Set from the grant on. */
  #connection: ServerConnection | undefined
  /** Whether the worker has been granted it through the broker: what it sends may then be more than its first bytes. */
  #isRelayed = false
  /** Set from when the worker gets the connection's socket; it outlives the loan, but not a new place in the line. */
  #socket: ThreadSocket | undefined
  /** When it was granted, or its holder's latest lease began as far as is known. */
  heldSince = 0
  /** Whether it ended by `take`: the worker tells of its lease, but not of the end. */
  isTaken = false

  /** @param bytes the first that the worker has written. */
  constructor(home: DatabaseLeases, peer: LeasePeer, request: LeaseRequest, bytes: Uint8Array) {
    this.#home = home
    this.peer = peer
    this.#request = request
    this.#relay = new Relay(peer, home.counters, bytes)
  }

  get request(): LeaseRequest {
    return this.#request
  }

  get priority(): number {
    return this.request.priority ?? 0
  }

  get timeoutMillis(): number {
    return this.request.connectionTimeoutMillis ?? this.#home.database.connectionTimeoutMillis
  }

  get state(): LeaseState {
    return this.#machine.state
  }

  /** For people: which thread, and which task where it is known. */
  get holder(): string {
    const { task } = this.request
    const isKnown = task !== undefined && !this.#socket?.isReopened
    return isKnown ? `task ${task} on ${this.peer.thread}` : this.peer.thread
  }

  // From the worker.

  write(chunk: Uint8Array): void {
    if (this.state === 'active') this.#send(chunk)
    else if (this.state !== 'over') this.#relay.keep(chunk)
  }

  acknowledged(bytes: number): void {
    if (this.#connection !== undefined && (this.state === 'active' || this.state === 'cancelling'))
      this.#relay.acknowledged(this.#connection, bytes)
  }

  /** These bytes are to be sent as any others; where that can be, the worker goes on by itself. */
  asksForSocket(chunk: Uint8Array): void {
    this.write(chunk)
    if (this.state !== 'active' && this.state !== 'cancelling') return
    const { reset, tracker } = this.#connection!
    const isSettled = this.state === 'active' && reset === 'done'
    if (!isSettled || !this.#handOver({ isBehindReset: false, session: tracker.save() }))
      this.#grantRelayed(false)
  }

  cancel(): void {
    if (this.state !== 'active' || this.#connection!.tracker.state !== 'busy') return
    this.#machine.to('cancelling')
    const goOn = () => {
      if (this.state === 'cancelling') this.#activate()
    }
    // One that may still come can hit this lease's own next query, and its connection is not lent again.
    this.#sendCancel().then(goOn, goOn)
  }

  /** The same for a worker that has the socket: it holds back what it writes until it is told that the cancel is over. */
  cancelAndTell(): void {
    if (this.state !== 'handed-over') return
    const tell = () => {
      if (this.state === 'handed-over') this.peer.cancelled()
    }
    this.#sendCancel().then(tell, tell)
  }

  /**
   * The worker is done, or gone.
   * @param session what is known of one whose socket the worker may have; it need not have come to take it.
   */
  release(how: 'release' | 'destroy', session: SessionAtEnd = 'untouched'): void {
    if (this.state === 'over' && session !== 'not returned') this.#socket?.endLate()
    if (this.state === 'over' || this.take()) return
    if (this.state === 'waiting') this.#home.withdraw(this)
    this.#end(how, session)
  }

  /** The worker has ended a lease, and has kept the socket. By now it may have begun its next. */
  kept(): void {
    if (this.state !== 'handed-over') return
    this.#socket!.watch()
    this.#home.watchKept(this, this.#connection!)
  }

  /** The worker has begun a lease with the socket that it had kept, and it is ending now. */
  reopened({ heldMillis, request }: ReopenedLease): void {
    this.count()
    this.#request = request
    this.heldSince = performance.now() - heldMillis
  }

  /** The worker has found that its session was not reset, so the server has looked at nothing of what was sent. */
  notReset({ again, reopened }: AgainFrame): void {
    if (this.state !== 'handed-over') return
    if (reopened !== undefined) this.reopened(reopened)
    this.#takenBack('unknown')
    this.#socket = undefined
    this.#relay.keep(again)
    this.#waitAgain()
  }

  // From the broker.

  /** The broker wants the connection: a worker that keeps the socket loses it now, one that holds it at the lease's end. */
  want(): void {
    if (this.state !== 'handed-over') return
    this.#socket!.want()
    this.take()
  }

  /** Takes the connection from a worker that keeps the socket between two leases. False where it does not. */
  take(): boolean {
    if (this.state !== 'handed-over' || !this.#socket!.take()) return false
    this.isTaken = true
    this.#end('release', 'idle')
    this.peer.taken()
    return true
  }

  /** Whether the worker keeps the socket between two leases. */
  get isKept(): boolean {
    return this.state === 'handed-over' && this.#socket!.isKept
  }

  /**
   * Looks at what the worker does with a socket that it may keep. One that it has not used for long is taken back, and
   * it tells of it when it next keeps one that it holds for long.
   * @returns whether to look again
   */
  look(patienceMillis: number): boolean {
    if (this.state !== 'handed-over' || !this.#socket!.isWatched) return false
    this.count()
    const isSpent = this.#home.isSpent(this.#connection!)
    if (isSpent) this.#socket!.want()
    const isUnused = isSpent || performance.now() - this.#socket!.usedAt >= patienceMillis
    return !isUnused || !(this.take() || this.#socket!.unwatch())
  }

  /** Counts what a worker that has the socket has done meanwhile. */
  count(): void {
    if (!this.#isAway) return
    const before = this.#socket!.countedAt
    // Its latest lease began after that.
    if (this.#socket!.count()) this.heldSince = before
  }

  /** Takes the lease back. */
  revoke(error: Error): void {
    this.want()
    if (this.state === 'over' || this.state === 'recalled') return
    if (this.state === 'waiting') this.#home.withdraw(this)
    else this.#home.counters.revoked++
    if (this.state === 'handed-over') this.#recall()
    else this.#end('release')
    this.peer.revoked(error)
  }

  // From the pool.

  granted(connection: ServerConnection): void {
    this.#connection = connection
    this.heldSince = performance.now()
    connection.use(this)
    this.#watchTheClock()
    const settings = transactionSettings(this.request, this.#home.database)
    if (settings.length === 0) return this.#begin()
    this.#machine.to('preparing')
    exchange(connection, settings, this.#home.database.cancelTimeoutMillis).then(
      () => {
        if (this.state !== 'preparing') return
        connection.use(this)
        this.#begin()
      },
      (error: Error) => this.lost(error),
    )
  }

  refused(error: Error): void {
    if (error instanceof LeaseTimeoutError) this.#home.counters.timeouts++
    else this.#home.counters.refused++
    this.#machine.to('over')
    this.#home.forget(this)
    this.peer.revoked(error)
  }

  // From the connection.

  received(chunk: Buffer): void {
    this.#relay.received(this.#connection!, chunk)
  }

  drained(): void {
    this.#relay.drained()
  }

  lost(cause: Error): void {
    if (this.state === 'over') return
    if (this.state === 'recalled') return this.#end('release')
    if (cause instanceof ResetFailedError && this.state !== 'cancelling') return this.#waitAgain()
    this.#end('release')
    this.peer.revoked(connectionLost(this.request.database, cause))
  }

  /** The connection is ready: what the worker has written is sent, and it gets the socket if it can have it. */
  #begin(): void {
    const connection = this.#connection!
    const isBehindReset = connection.reset === 'due'
    // Nor is anything acknowledged before the grant.
    this.#relay.awaitReset()
    this.#activate()
    if (this.state !== 'active') return
    if (!this.#isRelayed && !this.#home.isCrowded && this.#handOver({ isBehindReset })) return
    // A worker may have had the socket before.
    connection.resume()
    // What else it has sent may not be answered before more of it comes.
    this.#grantRelayed(!this.#isRelayed && connection.tracker.owed > 0)
    if (!isBehindReset) this.#relay.resetDone()
  }

  /**
   * The thread is woken once for the grant and the first answer. Where others wait for the connection it would cost them
   * more to hand over, which wakes it twice.
   */
  #grantRelayed(isAnswered: boolean): void {
    this.#isRelayed = true
    this.peer.granted(this.#connection!.processId, isAnswered, this.#isLendable)
  }

  /** Whether the worker can have the socket now. */
  get #isLendable(): boolean {
    return this.peer.cell !== undefined && this.#connection!.isFor(this.peer)
  }

  /** False where the worker cannot have the socket now. */
  #handOver(how: Pick<GrantedSocket, 'isBehindReset' | 'session'>): boolean {
    const connection = this.#connection!
    const duplicate = this.#isLendable ? connection.duplicate() : undefined
    if (duplicate === undefined) return false
    const isKeepable = this.peer.keepsSockets && this.#home.mayKeep(this, connection)
    this.#relay.stop()
    this.#machine.to('handed-over')
    this.#socket = new ThreadSocket(connection, duplicate.descriptor, this.peer.cell!, this.#home.counters)
    this.peer.handedOver(connection.processId, { ...duplicate, ...how, isKeepable })
    return true
  }

  #activate(): void {
    this.#machine.to('active')
    for (const chunk of this.#relay.takeKept()) this.write(chunk)
  }

  #send(chunk: Uint8Array): void {
    try {
      this.#relay.send(this.#connection!, chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.revoke(error)
    }
    if (this.#connection!.tracker.terminated) this.revoke(saidGoodbye(this.request.database))
  }

  #sendCancel(): Promise<void> {
    this.#home.counters.cancels++
    return this.#connection!.cancels.send(this.#home.database.cancelTimeoutMillis)
  }

  /** Whether the worker has the socket. */
  get #isAway(): boolean {
    return this.state === 'handed-over' || this.state === 'recalled'
  }

  #takenBack(session: SessionAtEnd): void {
    this.count()
    this.#connection!.use(NOBODY)
    this.#socket!.end(session, this.heldSince)
  }

  /** A thread that does not hear of it, because it computes, keeps nobody waiting: the connection is closed. */
  #recall(): void {
    this.#machine.to('recalled')
    this.#clock.stop()
    this.#clock.after(RECALL_MILLIS, () => this.#end('release'))
  }

  /** The session was not reset, so the server has looked at nothing of what was sent. */
  #waitAgain(): void {
    this.#relay.startAgain()
    this.#clock.stop()
    this.#machine.to('waiting')
    const connection = this.#connection!
    this.#connection = undefined
    this.#home.grantAnother(this, connection)
  }

  #watchTheClock(): void {
    const { maxLeaseMillis, leakDetectionMillis } = this.#home.database
    this.#clock.after(maxLeaseMillis, () => this.revoke(heldTooLong(this.request.database, maxLeaseMillis)))
    this.#clock.after(leakDetectionMillis, () => this.#home.warnOfLeak(this))
  }

  #end(how: 'release' | 'destroy', session: SessionAtEnd = 'not returned'): void {
    if (this.#isAway) this.#takenBack(session)
    this.#machine.to('over')
    this.#clock.stop()
    this.#home.forget(this)
    if (this.#connection !== undefined) this.#home.takeBack(this, this.#connection, how)
  }
}
