import {
  type LeaseRequest,
  type NotAwaitedFrame,
  onAbort,
  once,
  SHORT_LEASE_MILLIS,
} from '@pglease/client/internal'
import { CountedWarnings } from '../common/counted-warnings.js'
import type { DatabaseHealth } from '../common/health.js'
import { type CloseReason, Counters, type DatabaseStatistics } from '../common/statistics.js'
import type { WarningListener } from '../common/warnings.js'
import type { Database, PoolSize } from '../connection/database-options.js'
import { RefusedError } from '../connection/exchange.js'
import { usesSharedTls } from '../connection/open-session.js'
import { serverAddress } from '../connection/server-address.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { transactionSettings, undoTransactionSettings } from '../connection/session-settings.js'
import { abandon, isPlainReset, needsPlainReset, settle } from '../connection/settle.js'
import { ConnectionPool, type Holders } from '../pool/connection-pool.js'
import { checkHealth } from '../pool/health-check.js'
import type { Waiter } from '../pool/waiters.js'
import { type KeptLease, KeptLeases } from './kept-leases.js'
import { Lease } from './lease.js'
import type { LeaseOwner } from './lease-home.js'
import { lostEnding, RELEASED, tellEnded } from './lease-news.js'
import type { LeasePeer } from './lease-peer.js'
import { type LeaseReport, reportOf } from './lease-report.js'
import { causeOf, ofLeak, ofNotAwaited, ofReset, ofTransaction } from './lease-warnings.js'
import { isUnexpected, ofRelaying } from './relay-warnings.js'

/** A connection that counts as stale as soon as this is not kept by a thread, which would not validate it. */
const SOON_MILLIS = 100

/** One database of the broker: its pool, and the leases on it. */
export class DatabaseLeases implements Holders, LeaseOwner<Lease> {
  readonly database: Database
  readonly counters = new Counters()
  /** Whether its connections have TLS that the threads can use. */
  readonly usesTls = once(() => usesSharedTls(this.database))
  readonly address = once(() => serverAddress(this.database))
  readonly #pool: ConnectionPool
  readonly #warnings: CountedWarnings
  /** Every lease that waits or holds a connection. */
  readonly #leases = new Set<Lease>()
  readonly #kept = new KeptLeases()
  /** Told when a lease is over, while the broker waits for that. */
  #onForget: () => void = () => {}

  constructor(database: Database, warn: WarningListener) {
    this.database = database
    this.#warnings = new CountedWarnings(warn)
    this.#pool = new ConnectionPool(database, this.counters, this, warn)
  }

  statistics(): DatabaseStatistics {
    for (const lease of this.#leases) lease.count()
    return this.counters.report(this.#pool.figures)
  }

  leases(): LeaseReport[] {
    for (const lease of this.#leases) lease.count()
    return [...this.#leases].map((lease) => reportOf(lease, this.database.showStatements))
  }

  /** @param bytes the first to the server. */
  open(peer: LeasePeer, request: LeaseRequest, bytes: Uint8Array): Lease {
    const lease = new Lease(this, peer, request, bytes)
    this.#leases.add(lease)
    lease.open()
    return lease
  }

  expectLease(): void {
    this.#pool.expectLease()
  }

  ready(): Promise<void> {
    return this.#pool.ready()
  }

  healthcheck(timeoutMillis: number): Promise<DatabaseHealth> {
    return checkHealth(this.#pool, this.database, timeoutMillis)
  }

  recycle(): void {
    this.#pool.recycle()
  }

  resize(size: Required<PoolSize>): void {
    this.#pool.resize(size)
  }

  pause(): Promise<boolean> {
    return this.#pool.pause()
  }

  resume(): void {
    this.#pool.resume()
  }

  /** Takes back every lease that holds a connection. */
  revokeHeld(error: () => Error): void {
    for (const lease of [...this.#leases]) if (lease.state !== 'waiting') lease.revoke(error())
  }

  beginClose(): void {
    this.#pool.beginClose()
  }

  /** Resolves when no lease is left, or when `signal` is aborted. */
  async quiet(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => onAbort(signal, resolve))
    while (this.#leases.size > 0 && !signal.aborted) {
      const forgotten = new Promise<void>((resolve) => {
        this.#onForget = resolve
      })
      await Promise.race([aborted, forgotten])
    }
  }

  drained(): Promise<void> {
    return this.#pool.drained()
  }

  // For the leases: see `LeaseOwner`.

  suspect(): void {
    this.#pool.suspect()
  }

  acquire(waiter: Waiter): void {
    this.#pool.acquire(waiter)
  }

  withdraw(waiter: Waiter): void {
    if (!this.#pool.withdraw(waiter)) throw new Error('A waiting lease was not in the line')
    this.counters.withdrawn++
  }

  forget(lease: Lease): void {
    this.#leases.delete(lease)
    this.#onForget()
  }

  takeBack(lease: Lease, connection: ServerConnection, how: 'release' | 'destroy'): void {
    // Of a lease at whose end the worker kept the socket the time is counted already.
    const heldMillis = lease.isTaken ? 0 : performance.now() - lease.heldSince
    if (!lease.isTaken) {
      this.counters.held(heldMillis)
      tellEnded(lease, heldMillis, connection.isOpen ? lease.ending : lostEnding(lease))
    }
    this.#pool.takeBack(connection)
    if (!connection.isOpen) return this.#pool.close(connection, 'lost')
    if (how === 'destroy') return this.#abandon(connection, 'destroyed')
    if (connection.tracker.state === 'unknown') return this.#abandon(connection, 'unclean')
    if (connection.isResetLast) return this.#pool.finishReset(connection)
    const undo = undoTransactionSettings(lease.request, this.database, connection.initialSettings)
    if (heldMillis < SHORT_LEASE_MILLIS && needsPlainReset(connection, this.database, undo)) {
      connection.resetWithNext()
      return this.#pool.available(connection)
    }
    settle(connection, this.database, this.counters, undo).then(
      ({ openTransaction }) => {
        this.#pool.available(connection)
        // Who is aborted cannot end it.
        if (openTransaction && !lease.isAborted) this.#leftOpen(lease)
      },
      (error) => {
        if (error instanceof RefusedError) this.#notReset(lease, error.message)
        this.#pool.close(connection, connection.isOpen ? 'unclean' : 'lost')
      },
    )
  }

  #notReset(lease: Lease, reason: string): void {
    this.#warnings.tell(`reset ${reason}`, (count) => ofReset(lease, reason, count))
  }

  #leftOpen(lease: Lease): void {
    this.#warnings.tell(`transaction ${causeOf(lease)}`, (count) => ofTransaction(lease, count))
  }

  #abandon(connection: ServerConnection, reason: CloseReason): void {
    abandon(connection, this.database, this.counters).then(() => this.#pool.close(connection, reason))
  }

  takeBackUnreset(lease: Lease, connection: ServerConnection): void {
    const heldMillis = performance.now() - lease.heldSince
    this.counters.held(heldMillis)
    tellEnded(lease, heldMillis, RELEASED)
    this.#pool.takeBack(connection)
    this.#pool.close(connection, 'unclean')
  }

  /** Not where somebody has an eye on each lease. */
  mayKeep(request: LeaseRequest, connection: ServerConnection): boolean {
    const { maxLeaseMillis, leakDetectionMillis, maxUses, validateAfterIdleMillis } = this.database
    const isWatched = maxLeaseMillis + leakDetectionMillis + maxUses > 0
    const isSoonStale = validateAfterIdleMillis < SOON_MILLIS
    const isPlain =
      transactionSettings(request, this.database).length === 0 && isPlainReset(connection, this.database)
    return !isWatched && !isSoonStale && isPlain && !this.#pool.hasWaiters
  }

  lent(lease: KeptLease): void {
    this.#kept.add(lease)
  }

  unlent(lease: KeptLease): void {
    this.#kept.delete(lease)
  }

  get isCrowded(): boolean {
    return this.#pool.isCrowded
  }

  isSpent(connection: ServerConnection): boolean {
    return this.#pool.spent(connection) !== undefined
  }

  warnOfLeak(lease: Lease): void {
    const limit = this.database.leakDetectionMillis
    this.#warnings.tell(`leak ${causeOf(lease)}`, (count) => ofLeak(lease, limit, count))
  }

  warnOfNotAwaited(lease: Lease, frame: NotAwaitedFrame): void {
    const { notAwaited, task } = frame
    this.#warnings.tell(`not awaited ${task ?? causeOf(lease)} ${notAwaited}`, (count) =>
      ofNotAwaited(lease, lease.peer.thread, frame, count),
    )
  }

  warnOfRelaying({ relayReason }: ServerConnection): void {
    if (!isUnexpected(relayReason)) return
    this.#warnings.tell(`relayed ${relayReason}`, (count) =>
      ofRelaying(this.database.name, relayReason, count),
    )
  }

  // For the pool.

  get kept(): number {
    return this.#kept.count
  }

  takeOne(): void {
    this.#kept.takeOne()
  }

  wantAll(): void {
    this.#kept.wantAll()
  }

  describe(): string[] {
    const now = performance.now()
    return this.#held.map(({ holder, heldSince }) => `${holder} for ${Math.round(now - heldSince)} ms`)
  }

  heldBy(thread: string): number {
    return this.#held.filter(({ peer }) => peer.thread === thread).length
  }

  /** Those that have a connection which their thread does not merely keep. */
  get #held(): Lease[] {
    return [...this.#leases].filter(({ state, isKept }) => state !== 'waiting' && !isKept)
  }
}
