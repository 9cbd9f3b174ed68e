import { CountedWarnings } from '../common/counted-warnings.js'
import type { CloseReason, Counters } from '../common/statistics.js'
import type { WarningListener } from '../common/warnings.js'
import type { Database, PoolSize } from '../connection/database-options.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { AllConnections } from './all-connections.js'
import { Checks } from './checks.js'
import { IdleConnections } from './idle-connections.js'
import { KeepAlive } from './keep-alive.js'
import { LateResets } from './late-resets.js'
import { LentConnections } from './lent-connections.js'
import { brokerClosed, cannotConnect, type OwnLeases, queueFull, timedOut } from './pool-errors.js'
import { ofFullPool } from './pool-warnings.js'
import { type Waiter, Waiters } from './waiters.js'

/** Those who have the pool's connections. */
export interface Holders {
  /** For the error of those who wait in vain. */
  describe(): string[]
  /** How many leases of a thread are among them. */
  heldBy(thread: string): number
  /** How many connections are with threads that hold no lease on them. */
  readonly kept: number
  /** Makes one of these available, where there is one. */
  takeOne(): void
  /** The same for all, and asks those who hold a lease to keep nothing at its end. */
  wantAll(): void
}

/** How long a connection may take that is opened before anybody wants it: longer than a thread takes to its first lease. */
const AHEAD_MILLIS = 1000

/** Who wants to know whether a connection can be had. Exactly one of the two is called, once. */
export interface Probe {
  /** At least 1. */
  readonly timeoutMillis: number
  /** @param answer resolves when the server has answered; rejects when it does not, and the connection is closed. */
  granted(connection: ServerConnection, answer: Promise<void>): void
  refused(error: Error): void
}

/**
 * The connections of one database. A connection is in one of these places:
 *
 * connecting → idle ⇄ checking, idle → lent → settling → idle, and from everywhere → closing → gone.
 *
 * A connection that needs nothing but a plain reset does not settle: it is idle at once, and reset ahead of what is sent
 * on it next.
 *
 * All but `gone` count against `max`: a place is free when the server counts the connection no more. Whatever becomes
 * idle goes to the first in the line, wherever it came from.
 */
export class ConnectionPool {
  readonly #database: Database
  readonly #holders: Holders
  readonly #waiters: Waiters
  readonly #warnings: CountedWarnings
  readonly #all: AllConnections
  readonly #idle: IdleConnections
  readonly #lateResets: LateResets
  readonly #keepAlive: KeepAlive
  /** Of those being validated, or reset because no lease has come to travel behind the reset. */
  readonly #checks: Checks
  readonly #lent: LentConnections
  /** Since when every connection must say anew that it is what is wanted, before it is lent. */
  #suspectedAt = Number.NEGATIVE_INFINITY
  /** How many probes wait: they take nobody's place in a full queue. */
  #probesWaiting = 0

  /** @param warn of the server, that it is out of reach for long, and of this, that it is full for long. */
  constructor(database: Database, counters: Counters, holders: Holders, warn: WarningListener) {
    this.#database = database
    this.#lent = new LentConnections(counters)
    this.#holders = holders
    this.#warnings = new CountedWarnings(warn)
    this.#waiters = new Waiters(
      (waitedMillis, waiter) => this.#timedOut(waitedMillis, waiter),
      (sinceMillis) => this.#crowded(sinceMillis),
    )
    this.#all = new AllConnections(database, counters, {
      opened: (connection) => this.available(connection),
      refused: (error) => this.#waiters.refuseAll(() => cannotConnect(database, error)),
      freed: () => this.#dispatch(),
      warn,
    })
    this.#idle = new IdleConnections({
      idleTimeoutMillis: database.idleTimeoutMillis,
      spare: () => this.#all.spare,
      close: (connection, reason) => this.close(connection, reason),
    })
    this.#checks = new Checks(database, counters, {
      passed: (connection) => this.available(connection),
      alive: (connection) => this.#alive(connection),
      failed: (connection, reason) => {
        if (reason === 'invalid') this.#suspectBecauseOf(connection)
        this.close(connection, this.#all.isClosing ? 'closed' : reason)
        this.#dispatch()
      },
    })
    this.#keepAlive = new KeepAlive(this.#idle, database.keepAliveMillis, (connection) =>
      this.#checks.keepAlive(connection),
    )
    this.#lateResets = new LateResets(this.#idle, (connection) => this.#checks.reset(connection))
  }

  get figures() {
    const [connecting, { kept }] = [this.#all.connecting, this.#holders]
    const leased = this.#lent.size - kept
    // What is idle and to be reset counts as settling; who keeps a connection has reset it.
    const idle = this.#idle.size - this.#idle.unreset().length + kept
    const settling = this.#all.size - connecting - idle - leased
    const { min, max } = this.#database
    const [total, waiting, paused] = [this.#all.size, this.#waiters.size, this.#all.isPaused]
    return { total, connecting, idle, leased, settling, waiting, min, max, paused }
  }

  get isClosing(): boolean {
    return this.#all.isClosing
  }

  get hasWaiters(): boolean {
    return this.#waiters.size > 0
  }

  /** Whether more wait than connections are on their way. */
  get isCrowded(): boolean {
    return this.#waiters.size > this.#arriving
  }

  acquire(waiter: Waiter): void {
    if (this.#all.isClosing) return waiter.refused(brokerClosed(this.#database))
    if (this.#idle.size === 0) this.#holders.takeOne()
    const connection = this.#waiters.size === 0 ? this.#popFresh() : undefined
    if (connection !== undefined) return this.#lent.grant(waiter, connection, 0)
    if (this.#waiters.size - this.#probesWaiting >= this.#database.maxWaiting + this.#unlent)
      return waiter.refused(
        queueFull(this.#database, this.#all.isPaused, this.#holders.describe(), this.#ownOf(waiter)),
      )
    this.#join(waiter)
  }

  /** Waits for a connection as a lease does, asks its server for an answer, and has it back in the pool then. */
  probe({ timeoutMillis, granted, refused }: Probe): void {
    if (this.#all.isClosing) return refused(brokerClosed(this.#database))
    this.#probesWaiting++
    if (this.#idle.size === 0) this.#holders.takeOne()
    this.#join({
      thread: undefined,
      priority: 0,
      timeoutMillis,
      isProbe: true,
      granted: (connection) => {
        this.#probesWaiting--
        this.takeBack(connection)
        granted(connection, this.#checks.probe(connection))
      },
      refused: (error) => {
        this.#probesWaiting--
        refused(error)
      },
    })
  }

  #join(waiter: Waiter): void {
    this.#waiters.join(waiter)
    if (this.isCrowded) this.#holders.wantAll()
    this.#dispatch()
  }

  /** The waiter wants no connection any more. Returns false when it did not wait. */
  withdraw(waiter: Waiter): boolean {
    return this.#waiters.leave(waiter)
  }

  /** A lease is over: its connection is the pool's again, and must become `available` or be closed. */
  takeBack(connection: ServerConnection): void {
    this.#lent.takeBack(connection)
  }

  /**
   * A connection is in step and idle, its session in its initial state or to be reset with what is sent next: it is lent
   * at once where somebody waits.
   */
  available(connection: ServerConnection): void {
    // One that is soon lent again, or reset, need not be watched between.
    if (connection.reset !== 'due') connection.resume()
    connection.usedAt = performance.now()
    const reason = this.#all.unfit(connection)
    if (reason !== undefined) return this.close(connection, reason)
    if (connection.fitAt < this.#suspectedAt) return this.#checks.validate(connection)
    if (this.#waiters.size > 0) this.#grantNext(connection)
    else this.#toIdle(connection)
    this.#dispatch()
  }

  /** A connection is idle behind a reset that its worker has sent: it is `available` once that is answered. */
  finishReset(connection: ServerConnection): void {
    const reason = this.#all.spent(connection)
    if (reason === undefined) this.#checks.finishReset(connection)
    else this.close(connection, reason)
  }

  /** Closes a connection, politely when its session is in step; its place is free when it is gone. */
  close(connection: ServerConnection, reason: CloseReason): void {
    if (reason === 'lost') this.#suspectBecauseOf(connection)
    this.#all.close(connection, reason)
  }

  /** Why a connection may not be lent again, however well it is. */
  spent(connection: ServerConnection): CloseReason | undefined {
    return this.#all.spent(connection)
  }

  /** From now on no connection opened before is lent: idle ones close at once, the others when they come back. */
  recycle(): void {
    this.#all.recycle()
    this.#holders.wantAll()
    for (const connection of this.#idle.takeAll()) this.close(connection, 'recycled')
  }

  /**
   * Its server may be what is wanted no more, where there is a choice: no connection is lent before it has said anew that it is,
   * idle ones at once, the others when they come back. Those that are not are closed, and others are opened where they are.
   */
  suspect(): void {
    const { hosts, targetSessionAttributes } = this.#database
    if (this.#all.isClosing || (hosts.length === 1 && targetSessionAttributes === 'any')) return
    this.#suspectedAt = performance.now()
    this.#holders.wantAll()
    for (const connection of this.#idle.takeAll()) this.#checks.validate(connection)
  }

  /** Those too many are closed: idle ones at once, the others when they come back. Where there may be more, waiters get them. */
  resize(size: Required<PoolSize>): void {
    this.#all.resize(size)
    this.#idle.closeWhile(() => this.#all.isOver)
    if (this.#all.isOver) this.#holders.wantAll()
    this.#dispatch()
  }

  /**
   * Grants nothing any more, and closes all connections: idle ones at once, the others when they come back. Who waits goes on
   * waiting.
   * @returns whether all are closed; false when it was resumed before.
   */
  pause(): Promise<boolean> {
    this.#all.pause()
    this.#holders.wantAll()
    for (const connection of this.#idle.takeAll()) this.close(connection, 'paused')
    return this.#all.gone()
  }

  /** Serves who waits, if it was paused. */
  resume(): void {
    this.#all.resume()
  }

  /**
   * Somebody is likely to want a connection soon: where there is none, one is opened meanwhile. Not after a failure: a further one
   * would hold back those for longer who do want a connection.
   */
  expectLease(): void {
    if (this.#all.size > 0 || !this.#all.mayOpen || this.#all.obstacle !== undefined) return
    this.#all.openOne()
    setTimeout(() => this.#giveUpAhead(), AHEAD_MILLIS).unref()
  }

  /**
   * Resolves when `min` connections are open.
   * @throws ConnectError, LeaseTimeoutError or BrokerClosedError
   */
  ready(): Promise<void> {
    this.#dispatch()
    return this.#all.ready((waitedMillis) => this.#timedOut(waitedMillis))
  }

  /**
   * Refuses those who wait and those who come. Connections that are idle, being opened or being validated close now, lent
   * ones when they come back.
   */
  beginClose(): void {
    this.#all.beginClose()
    this.#waiters.close(() => brokerClosed(this.#database))
    this.#keepAlive.stop()
    this.#holders.wantAll()
    this.#checks.stop()
    for (const connection of this.#idle.takeAll()) this.close(connection, 'closed')
  }

  /** Resolves when no connection is open, after `beginClose`. */
  async drained(): Promise<void> {
    await this.#all.gone()
  }

  /** Connections that will be idle soon, if all goes well. */
  get #arriving(): number {
    return this.#all.connecting + this.#checks.size
  }

  /** Connections that nobody holds, those not opened yet among them. Who waits for one of these is not in a full queue. */
  get #unlent(): number {
    return Math.max(0, this.#database.max - this.#lent.size)
  }

  /** Serves the line with what is idle, then sees to it that enough is on its way for those who remain. */
  #dispatch(): void {
    if (this.#all.isClosing) return
    while (this.#waiters.size > 0) {
      const connection = this.#popFresh()
      if (connection === undefined) break
      this.#grantNext(connection)
    }
    while (this.#idle.size > 0 && this.#arriving < this.#waiters.size) this.#checks.validate(this.#idle.pop())
    while (this.#all.mayOpen && (this.#arriving < this.#waiters.size || this.#all.isShort))
      this.#all.openOne()
  }

  /**
   * Where the network is silent, whoever comes later fares better with an attempt of its own than behind one that is stuck; and
   * Node lets no process end while a socket connects.
   */
  #giveUpAhead(): void {
    if (this.#waiters.size === 0 && this.#all.open === 0 && this.#all.spare > 0) this.#all.giveUp()
  }

  /** The server is gone, or has become another. Of a connection that was suspected that is no news. */
  #suspectBecauseOf({ fitAt }: ServerConnection): void {
    if (fitAt >= this.#suspectedAt) this.suspect()
  }

  #popFresh(): ServerConnection | undefined {
    return this.#idle.popFresh(this.#database.validateAfterIdleMillis)
  }

  #grantNext(connection: ServerConnection): void {
    const { waiter, waitedMillis } = this.#waiters.next()
    this.#lent.grant(waiter, connection, waitedMillis)
  }

  /** One that was idle, and has been asked whether it answers. */
  #alive(connection: ServerConnection): void {
    if (this.#waiters.size > 0 || this.#all.unfit(connection) !== undefined) return this.available(connection)
    connection.resume()
    this.#idle.putBack(connection)
    this.#keepAlive.watch()
  }

  #toIdle(connection: ServerConnection): void {
    this.#idle.push(connection)
    this.#keepAlive.watch()
    if (connection.reset === 'due') this.#lateResets.watch()
  }

  #ownOf({ thread }: Waiter): OwnLeases | undefined {
    return thread === undefined ? undefined : { thread, count: this.#holders.heldBy(thread) }
  }

  #crowded(sinceMillis: number): void {
    const { name, max } = this.#database
    // Where it is paused, or none can be opened, that is the reason.
    if (this.#all.isPaused || this.#lent.size < max) return
    const [waiting, holders] = [this.#waiters.size, this.#holders.describe()]
    this.#warnings.tell('full', (count) => ofFullPool(name, { sinceMillis, waiting, max, holders }, count))
  }

  #timedOut(waitedMillis: number, waiter?: Waiter): Error {
    return timedOut(this.#database, {
      waitedMillis,
      leased: this.#lent.size,
      connecting: this.#all.connecting,
      holders: this.#holders.describe(),
      own: waiter && this.#ownOf(waiter),
      open: this.#all.open,
      isPaused: this.#all.isPaused,
      cause: this.#all.obstacle,
    })
  }
}
