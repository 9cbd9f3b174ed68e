import { ProtocolError } from '@pglease/client'
import {
  canResetAhead,
  KeptStatements,
  type ResetForm,
  type ReturnedSession,
  SessionTracker,
  type StatementsOfLease,
  syncMessage,
  terminateMessage,
} from '@pglease/client/internal'
import type { RelayReason } from '../common/statistics.js'
import { Cancels } from './cancels.js'
import { type ConnectionUser, NOBODY } from './connection-user.js'
import type { Duplicate } from './lendable-socket.js'
import type { OpenSession } from './open-session.js'
import { PendingReset } from './pending-reset.js'
import { ServerSocket } from './server-socket.js'

/** How long a server has to close a connection that is given up, where it would not see that this side has closed. */
const LEAVE_MILLIS = 100

/**
 * A connected, authenticated connection, of which `pg.Client` did the connecting. Its plaintext byte stream belongs to
 * one user at a time; the tracker sees every byte both ways, but for those of a worker that has the socket.
 */
export class ServerConnection {
  #tracker = new SessionTracker()
  /** On the clock of `performance.now()`, as all times here. */
  readonly openedAt = performance.now()
  /** When it was last given back. */
  usedAt = this.openedAt
  /** Since when it is known to be what the database's `targetSessionAttributes` ask for. */
  fitAt = this.usedAt
  /** When the server last sent something. */
  #heardAt = this.usedAt
  /** When its lifetime is over; the jitter keeps connections of one age from going all at once. */
  readonly expiresAt: number
  /** Leases granted on it. */
  uses = 0
  /** The pool's epoch in which it was opened: a recycle begins a new one. */
  readonly epoch: number
  /** Of the server's process that serves it. */
  readonly processId: number
  readonly cancels: Cancels
  /** Puts back what a reset takes away of the session's initial state. */
  readonly initialSettings: readonly string[]
  /** Why no worker can have its socket. */
  readonly relayReason: RelayReason | undefined
  readonly #socket: ServerSocket
  /** Who reads and writes. While a worker does, the tracker knows nothing; `nobody` when it is to be closed. */
  #holder: 'broker' | 'worker' | 'nobody' = 'broker'
  #user: ConnectionUser = NOBODY
  readonly serverVersion: string
  /** Whether a reset may travel ahead of a lease's first messages. */
  readonly canResetAhead: boolean
  readonly #reset = new PendingReset()
  /** What the server keeps from one lease to the next, where it keeps anything. */
  readonly keptStatements: KeptStatements | undefined
  #state: 'open' | 'gone' = 'open'

  constructor(session: OpenSession, epoch: number, lifetimeSeconds: number) {
    const { client, ssl, initialSettings, serverVersion, relayReason, keepsStatements } = session
    this.expiresAt =
      lifetimeSeconds === 0
        ? Number.POSITIVE_INFINITY
        : this.usedAt + lifetimeSeconds * (1000 - 100 * Math.random())
    const { host, port, sslNegotiation, processID, secretKey } = client
    this.processId = processID
    this.cancels = new Cancels({ host, port, ssl, sslNegotiation, processId: processID, secretKey })
    this.initialSettings = initialSettings
    this.epoch = epoch
    this.relayReason = relayReason
    this.serverVersion = serverVersion
    this.canResetAhead = canResetAhead(serverVersion)
    this.keptStatements = keepsStatements ? new KeptStatements() : undefined
    this.#socket = new ServerSocket(session, {
      received: (bytes) => this.#receive(bytes),
      drained: () => this.#user.drained(),
      lost: (error) => this.#lose(error),
    })
  }

  get statements(): StatementsOfLease | undefined {
    return this.keptStatements?.ofLease
  }

  get tracker(): SessionTracker {
    return this.#tracker
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Resolves when the socket has closed, so that the server counts it no more. */
  get closed(): Promise<void> {
    return this.#socket.closed
  }

  /** For how long the server has sent nothing, in milliseconds. */
  get silentMillis(): number {
    return performance.now() - this.#heardAt
  }

  use(user: ConnectionUser): void {
    this.#user = user
  }

  /**
   * Sends all but a Terminate: whether the connection closes is the pool's to say. Returns false when the caller should
   * wait for `drained` before it sends more.
   * @throws ProtocolError
   */
  send(chunk: Uint8Array): boolean {
    const count = this.tracker.sent(chunk)
    const bytes = count === chunk.length ? chunk : chunk.subarray(0, count)
    return this.#socket.write(this.#reset.aheadOf(bytes, this.tracker.owed > 0))
  }

  /**
   * The session is not its next user's before it is reset: what it sends first travels behind the reset. If the reset
   * fails, the server looks at none of it, and it is told by `lost` with a `ResetFailedError`.
   */
  resetWithNext(): void {
    if (!this.canResetAhead) throw new Error('No reset can travel ahead here')
    this.#reset.order(this.keptStatements?.reset() === true)
  }

  get reset(): 'done' | 'due' | 'under way' {
    return this.#reset.state
  }

  /** Whether a worker has sent a reset that is under way, and nothing behind it but, perhaps, its Sync. */
  get isResetLast(): boolean {
    return this.#reset.isLast
  }

  /** Of the reset that is under way; undefined where none is. */
  get resetForm(): ResetForm | undefined {
    return this.#reset.form
  }

  /** Whether the worker can have the socket now. */
  isFor(worker: { readonly speaksTls: boolean }): boolean {
    return this.isOpen && this.#socket.lendable.isFor(worker)
  }

  /** Of the socket, where a worker can have it. Undefined when the process has too many open files. */
  duplicate(): Duplicate | undefined {
    return this.#socket.lendable.duplicate()
  }

  /** Closes a duplicate that a worker may have left open, which is done with it. */
  closeDuplicate(descriptor: number): void {
    this.#socket.lendable.closeDuplicate(descriptor)
  }

  /** From here on a worker reads and writes, until `returned`. */
  handOver(): void {
    this.#holder = 'worker'
    this.#socket.lendable.lend()
  }

  /** The worker has the socket still, and uses it until it hears of it: the connection can only be closed. */
  abandoned(): void {
    this.#tracker.lose()
  }

  /**
   * The worker has closed its duplicate of the socket. Reading begins with the next `resume`, unless nobody knows where
   * the session stands.
   */
  returned(session: ReturnedSession, lentSince: number): void {
    this.#socket.lendable.takeBack()
    if (session === 'unknown') return this.#tracker.lose()
    this.#holder = 'broker'
    if (session === 'untouched') return
    this.#reset.done()
    if (session === 'lost') return this.#lose(new Error('The server closed the connection'))
    this.#tracker = new SessionTracker()
    // Some time after that.
    this.#heardAt = Math.max(this.#heardAt, lentSince)
    if (session === 'idle') return
    if (!('behindReset' in session)) return this.#tracker.restore(session)
    const isLast = session.behindReset.byteLength <= syncMessage.byteLength
    this.#reset.sentByWorker(isLast, this.keptStatements?.resetKeeps === true)
    try {
      this.#tracker.sent(session.behindReset)
    } catch (error) {
      // The thread has sent what it should not have: where that leads is not known.
      if (!(error instanceof ProtocolError)) throw error
    }
  }

  /** Keeps the process alive from here on, until `unref`: at first it does not. */
  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Closes the connection, politely when its session is in step. */
  close(timeoutMillis: number): void {
    if (this.#state === 'open' && this.#tracker.state === 'idle') this.#leave(terminateMessage, timeoutMillis)
    else if (this.#state === 'open' && this.#holder === 'worker') this.#leave('', timeoutMillis)
    else this.destroy()
  }

  destroy(): void {
    if (this.#state === 'open' && this.#socket.lendable.mayBeDuplicated) this.#leave('', LEAVE_MILLIS)
    else this.#socket.destroy()
  }

  #leave(goodbye: Buffer | '', timeoutMillis: number): void {
    this.#holder = 'nobody'
    this.#socket.leave(goodbye, timeoutMillis)
  }

  #receive(chunk: Buffer): void {
    // What a worker has left unread is of no use either: its beginning is missing.
    if (this.#holder !== 'broker') return
    this.#heardAt = performance.now()
    let own: Buffer
    try {
      own = this.#reset.behindAnswer(chunk)
      this.tracker.received(own)
    } catch (error) {
      this.destroy()
      return this.#lose(error as Error)
    }
    if (own.length > 0) this.#user.received(own)
  }

  #lose(error: Error): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#user.lost(error)
  }
}
