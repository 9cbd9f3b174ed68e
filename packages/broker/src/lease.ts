import { LeaseLostError, LeaseRevokedError, LeaseTimeoutError, ProtocolError } from '@pglease/client'
import {
  type GrantedSocket,
  type KeptFrame,
  type LeaseRequest,
  ReceiveWindow,
  ResetFailedError,
  type ReturnedSession,
  SendWindow,
  type SessionCell,
  type Traffic,
} from '@pglease/client/internal'
import type { DatabaseLeases } from './database-leases.js'
import { type ConnectionUser, NOBODY, type ServerConnection } from './server-connection.js'
import { transactionSettings } from './session-settings.js'
import { StateMachine } from './state-machine.js'
import type { Waiter } from './waiters.js'

/** Where a lease's frames go: the broker's end of its lease port. */
export interface LeasePeer {
  /** For people: `thread 3`. */
  readonly thread: string
  /** Shared with a worker that can have the connection's socket itself. */
  readonly cell: SessionCell | undefined
  /** Whether the worker may keep a socket from one lease to his next. */
  readonly keepsSockets: boolean
  granted(processId: number): void
  /** Granted, and from here on the worker reads from the socket and writes to it. */
  handedOver(processId: number, socket: GrantedSocket): void
  /** A cancel that a worker asked for who has the socket is over. */
  cancelled(): void
  bytes(chunk: Buffer): void
  acknowledge(bytes: number): void
  /** The lease is over from the broker's side. Called at the most once, and not after the worker's release. */
  revoked(error: Error): void
}

/**
 * - `waiting`: in the line for a connection; what the worker writes is kept. Again so when the connection it was given
 *   could not be reset;
 * - `preparing`: has a connection, which is being given the lease's options; what the worker writes is kept;
 * - `active`: bytes are pumped both ways;
 * - `cancelling`: as `active`, but what the worker writes is kept until the cancel is over, so that it cannot hit the
 *   next query;
 * - `handed-over`: the worker has the socket; nothing of the session is known until it comes back;
 * - `recalled`: the broker has taken the lease back, and waits a little for the worker to return the socket;
 * - `over`: the lease has ended, whoever ended it; its connection is the pool's affair.
 */
export type LeaseState =
  | 'waiting'
  | 'preparing'
  | 'active'
  | 'cancelling'
  | 'handed-over'
  | 'recalled'
  | 'over'

export const LEASE_TRANSITIONS = {
  waiting: ['preparing', 'active', 'over'],
  preparing: ['waiting', 'active', 'over'],
  active: ['waiting', 'cancelling', 'handed-over', 'over'],
  cancelling: ['active', 'over'],
  'handed-over': ['waiting', 'recalled', 'over'],
  recalled: ['over'],
  over: [],
} as const satisfies Record<LeaseState, readonly LeaseState[]>

const NOTHING: Traffic = { received: 0, sent: 0, reopened: 0 }

/** How long a thread has to return the socket of a lease that is taken back. */
const RECALL_MILLIS = 100

/** One worker's right to one connection, from `open` to its end: the broker's side. */
export class Lease implements Waiter, ConnectionUser {
  #request: LeaseRequest
  readonly priority: number
  readonly timeoutMillis: number
  readonly peer: LeasePeer
  readonly #home: DatabaseLeases
  readonly #machine = new StateMachine<LeaseState>('lease', 'waiting', LEASE_TRANSITIONS)
  /** What the worker has written while it could not be sent on; bounded by the worker's window. */
  #kept: Uint8Array[]
  /** What travels behind a reset: kept until that is answered, and not acknowledged, so bounded as well. */
  #behindReset: Uint8Array[] | undefined
  /** Set from the grant on. */
  #connection: ServerConnection | undefined
  /** When it was granted, or its holder's latest lease began as far as is known. */
  heldSince = 0
  /** What of the worker's doings is in the counters. */
  #accounted = NOTHING
  /** When the worker last told that it keeps the socket. */
  keptSince = 0
  /** Whether the worker has kept the socket: what he does with it he tells only afterwards. */
  #isReopened = false
  /** Whether it ended by `take`: the worker has nothing to say about it. */
  isTaken = false
  readonly #toWorker = new SendWindow()
  readonly #fromWorker = new ReceiveWindow()
  /** Bytes given to the socket that it has not sent yet. */
  #undrained = 0
  #timers: NodeJS.Timeout[] = []

  /** @param bytes the first that the worker has written. */
  constructor(home: DatabaseLeases, peer: LeasePeer, request: LeaseRequest, bytes: Uint8Array) {
    this.#home = home
    this.peer = peer
    this.#request = request
    this.#kept = [bytes]
    this.priority = request.priority ?? 0
    this.timeoutMillis = request.connectionTimeoutMillis ?? home.database.connectionTimeoutMillis
  }

  get request(): LeaseRequest {
    return this.#request
  }

  get state(): LeaseState {
    return this.#machine.state
  }

  /** For people: which thread, and which task where there is one. */
  get holder(): string {
    const { task } = this.request
    return task === undefined || this.#isReopened ? this.peer.thread : `task ${task} on ${this.peer.thread}`
  }

  // From the worker.

  write(chunk: Uint8Array): void {
    if (this.state === 'active') this.#send(chunk)
    else if (this.state !== 'over') this.#kept.push(chunk)
  }

  acknowledged(bytes: number): void {
    if (this.state === 'over' || this.#connection === undefined) return
    const wasFull = this.#toWorker.isFull
    this.#toWorker.acknowledged(bytes)
    if (wasFull && !this.#toWorker.isFull) this.#connection.resume()
  }

  cancel(): void {
    if (this.state !== 'active' || this.#connection!.tracker.state !== 'busy') return
    this.#machine.to('cancelling')
    this.#home.counters.cancels++
    const goOn = () => {
      if (this.state === 'cancelling') this.#activate()
    }
    // One that may still come can hit this lease's own next query, and its connection is not lent again.
    this.#connection!.cancel(this.#home.database.cancelTimeoutMillis).then(goOn, goOn)
  }

  /** The same for a worker who has the socket: he holds back what he writes until he is told that the cancel is over. */
  cancelAndTell(): void {
    if (this.state !== 'handed-over') return
    this.#home.counters.cancels++
    const tell = () => {
      if (this.state === 'handed-over') this.peer.cancelled()
    }
    this.#connection!.cancel(this.#home.database.cancelTimeoutMillis).then(tell, tell)
  }

  /**
   * The worker is done, or gone.
   * @param session what is known of one whose socket the worker may have; he need not have come to take it.
   */
  release(how: 'release' | 'destroy', session: ReturnedSession = 'untouched'): void {
    if (this.state === 'over' || this.take()) return
    if (this.state === 'waiting') this.#home.withdraw(this)
    this.#end(how, session)
  }

  /** The worker has ended a lease, and has kept the socket. */
  kept({ kept }: KeptFrame): void {
    this.#home.counters.held(kept)
    this.#isReopened = true
    this.heldSince = performance.now() - kept
    this.keptSince = performance.now()
    if (this.state === 'handed-over') this.#home.watchKept(this, this.#connection!)
  }

  /** The worker has begun a lease with the socket that he had kept, and it is ending now. */
  reopened({ heldMillis, request }: { heldMillis: number; request: LeaseRequest }): void {
    this.#request = request
    this.heldSince = performance.now() - heldMillis
  }

  /** The worker has found that its session was not reset, so the server has looked at nothing of what was sent. */
  notReset(bytes: Uint8Array): void {
    if (this.state !== 'handed-over') return
    this.#takenBack('unknown')
    this.#behindReset = [bytes]
    this.#waitAgain()
  }

  /** The broker wants the connection: a worker who keeps the socket loses it now, one who holds it at the lease's end. */
  want(): void {
    if (this.state !== 'handed-over') return
    this.peer.cell!.want()
    this.take()
  }

  /** Takes the connection from a worker who keeps the socket between two leases. */
  take(): boolean {
    if (this.state !== 'handed-over' || !this.peer.cell!.take()) return false
    this.isTaken = true
    this.#end('release', 'idle')
    return true
  }

  /** Whether the worker keeps the socket between two leases. */
  get isKept(): boolean {
    return this.state === 'handed-over' && this.peer.cell!.isKept
  }

  /** The broker takes the lease back. */
  revoke(error: Error): void {
    if (this.state === 'over' || this.state === 'recalled' || this.take()) return
    if (this.state === 'waiting') this.#home.withdraw(this)
    else this.#home.counters.revoked++
    if (this.state === 'handed-over') return this.#recall(error)
    this.#end('release')
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
    connection.exchange(settings, this.#home.database.cancelTimeoutMillis).then(
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
    if (this.#behindReset !== undefined) this.#resetDone()
    this.#home.counters.bytesFromServer += chunk.byteLength
    this.#toWorker.sent(chunk.byteLength)
    if (this.#toWorker.isFull) this.#connection!.pause()
    this.peer.bytes(chunk)
  }

  drained(): void {
    if (this.#behindReset !== undefined) return
    const bytes = this.#undrained
    this.#undrained = 0
    this.#acknowledge(bytes)
  }

  lost(cause: Error): void {
    if (this.state === 'over') return
    if (this.state === 'recalled') return this.#end('release')
    if (cause instanceof ResetFailedError && this.state !== 'cancelling') return this.#waitAgain()
    this.#end('release')
    const { database } = this.request
    // In the words of `pg`, by which programs know it.
    this.peer.revoked(new LeaseLostError('Connection terminated unexpectedly', { database, cause }))
  }

  /** The connection is ready: what the worker has written is sent, and he gets the socket if he can have it. */
  #begin(): void {
    const connection = this.#connection!
    const { processId } = connection.cancelTarget
    const isBehindReset = connection.reset === 'due'
    // Nothing is acknowledged before the grant.
    this.#behindReset = []
    this.#activate()
    if (this.state !== 'active') return
    const socket = this.peer.cell !== undefined ? connection.socketReference : undefined
    if (socket === undefined) {
      // A worker may have had the socket before.
      connection.resume()
      this.peer.granted(processId)
      if (!isBehindReset) this.#resetDone()
      return
    }
    this.#behindReset = undefined
    this.#machine.to('handed-over')
    this.#accounted = NOTHING
    connection.handOver()
    this.peer.handedOver(processId, {
      ...socket,
      isBehindReset,
      isKeepable: this.peer.keepsSockets && this.#home.mayKeep(this, connection),
    })
  }

  #activate(): void {
    this.#machine.to('active')
    const kept = this.#kept
    this.#kept = []
    for (const chunk of kept) this.write(chunk)
  }

  #send(chunk: Uint8Array): void {
    const bytes = chunk.byteLength
    this.#home.counters.bytesToServer += bytes
    let hasLeft: boolean
    try {
      hasLeft = this.#connection!.send(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.revoke(error)
    }
    if (this.#connection!.tracker.terminated) {
      const { database } = this.request
      return this.revoke(new LeaseLostError('The client has said goodbye to the server', { database }))
    }
    this.#behindReset?.push(chunk)
    if (hasLeft && this.#behindReset === undefined) this.#acknowledge(bytes)
    else this.#undrained += bytes
  }

  /** Whether the worker has the socket. */
  get #isAway(): boolean {
    return this.state === 'handed-over' || this.state === 'recalled'
  }

  /** Counts what a worker who has the socket has done meanwhile. */
  account(): void {
    if (!this.#isAway) return
    const { received, sent, reopened } = this.peer.cell!
    const now = { received, sent, reopened }
    this.#home.counters.passed(this.#accounted, now)
    this.#accounted = now
  }

  #takenBack(session: ReturnedSession): void {
    this.account()
    this.#connection!.use(NOBODY)
    this.#connection!.returned(session, this.heldSince)
  }

  /** A thread that does not hear of it, because it computes, keeps nobody waiting: the connection is closed. */
  #recall(error: Error): void {
    this.#machine.to('recalled')
    this.#stopTheClock()
    this.#timers.push(setTimeout(() => this.#end('release'), RECALL_MILLIS))
    this.peer.revoked(error)
  }

  /** The answer to the reset has come, and with it the first of this lease's own. */
  #resetDone(): void {
    this.#behindReset = undefined
    this.drained()
  }

  /** The session was not reset, so the server has looked at nothing of what was sent. */
  #waitAgain(): void {
    this.#kept = [...(this.#behindReset ?? []), ...this.#kept]
    this.#behindReset = undefined
    this.#undrained = 0
    this.#stopTheClock()
    this.#machine.to('waiting')
    const connection = this.#connection!
    this.#connection = undefined
    this.#home.grantAnother(this, connection)
  }

  #acknowledge(bytes: number): void {
    const due = this.#fromWorker.consumed(bytes)
    if (due > 0 && this.state !== 'over') this.peer.acknowledge(due)
  }

  #watchTheClock(): void {
    const { maxLeaseMillis, leakDetectionMillis } = this.#home.database
    if (maxLeaseMillis > 0)
      this.#timers.push(setTimeout(() => this.#heldTooLong(maxLeaseMillis), maxLeaseMillis))
    if (leakDetectionMillis > 0)
      this.#timers.push(setTimeout(() => this.#home.warnOfLeak(this), leakDetectionMillis))
  }

  #stopTheClock(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
  }

  #heldTooLong(limit: number): void {
    const { database } = this.request
    const message = `The lease on "${database}" was held for longer than maxLeaseMillis, ${limit} ms.`
    this.revoke(new LeaseRevokedError(message, { database, limit }))
  }

  #end(how: 'release' | 'destroy', session: ReturnedSession = 'unknown'): void {
    if (this.#isAway) this.#takenBack(session)
    this.#machine.to('over')
    this.#kept = []
    this.#behindReset = undefined
    this.#stopTheClock()
    this.#home.forget(this)
    if (this.#connection === undefined) return
    this.#home.takeBack(this, this.#connection, how)
  }
}
