import { stayAlive } from '../common/longest-timer.js'
import type { CloseReason, Counters } from '../common/statistics.js'
import type { WarningListener } from '../common/warnings.js'
import { NOBODY } from '../connection/connection-user.js'
import type { Database, PoolSize } from '../connection/database-options.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { mayPass } from './connect-failure.js'
import { tellClosed } from './connection-news.js'
import { Connector } from './connector.js'
import { brokerClosed, cannotConnect } from './pool-errors.js'

/** What a pool is told of its connections. */
export interface ConnectionEvents {
  /** There is a new one, in step and idle, its session in its initial state. */
  opened(connection: ServerConnection): void
  /** The server refuses connections for reasons that time cannot mend, and the pool has none. */
  refused(error: Error): void
  /** There may be room for another. */
  freed(): void
  /** No connection could be opened for long, or one can be again. */
  warn: WarningListener
}

/**
 * All connections that count against a pool's `max`: those being opened, and those that the server has accepted, until it
 * counts them no more. And how long each may be lent.
 */
export class AllConnections {
  readonly #database: Database
  readonly #counters: Counters
  readonly #events: ConnectionEvents
  readonly #connector: Connector
  /** Those that the server has accepted and that are not gone. */
  readonly #accepted = new Set<ServerConnection>()
  /** Closed by the pool and not gone yet. */
  #leaving = 0
  /** Connections of an earlier epoch are never lent: see `recycle`. */
  #epoch = 0
  /** None is lent or opened but in `open`. */
  #state: 'open' | 'paused' | 'closing' = 'open'
  /** Those who want to know when a connection has come or gone, once. */
  #onChange: (() => void)[] = []

  constructor(database: Database, counters: Counters, events: ConnectionEvents) {
    this.#database = database
    this.#counters = counters
    this.#events = events
    this.#connector = new Connector(database, counters, {
      opened: (connection) => {
        this.#accepted.add(connection)
        events.opened(connection)
        this.#changed()
      },
      failed: (error) => {
        if (!mayPass(error) && this.#accepted.size === 0) events.refused(error)
        this.#changed()
      },
      givenUp: () => this.#changed(),
      mayConnect: () => events.freed(),
      warn: events.warn,
    })
  }

  get size(): number {
    return this.#accepted.size + this.#connector.size
  }

  get connecting(): number {
    return this.#connector.size
  }

  /** How many the pool has above its minimum. */
  get spare(): number {
    return this.size - this.#leaving - this.#database.min
  }

  /** Whether the pool has fewer than its minimum. */
  get isShort(): boolean {
    return this.size < this.#database.min
  }

  /** Not soon after a failure. */
  get mayOpen(): boolean {
    return this.#state === 'open' && !this.#connector.isHeldBack && this.size < this.#database.max
  }

  /** Whether the pool has more than it may have since it was resized. */
  get isOver(): boolean {
    return this.size - this.#leaving > this.#database.max
  }

  get isPaused(): boolean {
    return this.#state === 'paused'
  }

  get isClosing(): boolean {
    return this.#state === 'closing'
  }

  /** How many are open. */
  get open(): number {
    return this.#accepted.size
  }

  /** Why no further one can be opened: the server is out of reach, or is full itself. */
  get obstacle(): Error | undefined {
    return this.#connector.error
  }

  openOne(): void {
    this.#connector.connect(this.#epoch)
  }

  /** Gives up those that are being opened, for which nobody waits. */
  giveUp(): void {
    this.#connector.giveUp()
  }

  /** Why a connection may not be lent. */
  unfit(connection: ServerConnection): CloseReason | undefined {
    if (!connection.isOpen || connection.tracker.state !== 'idle') return 'lost'
    return this.spent(connection)
  }

  /** Why a connection may not be lent again, however well it is. */
  spent(connection: ServerConnection): CloseReason | undefined {
    const { maxUses } = this.#database
    if (this.#state === 'closing') return 'closed'
    if (this.#state === 'paused') return 'paused'
    if (connection.epoch !== this.#epoch) return 'recycled'
    if (this.isOver) return 'resized'
    if (maxUses > 0 && connection.uses >= maxUses) return 'uses'
    if (performance.now() >= connection.expiresAt) return 'lifetime'
    return undefined
  }

  /** Closes a connection, politely when its session is in step; its place is free when it is gone. */
  close(connection: ServerConnection, reason: CloseReason): void {
    this.#counters.closed[reason]++
    tellClosed(this.#database, connection, reason)
    this.#leaving++
    connection.use(NOBODY)
    connection.close(this.#database.cancelTimeoutMillis)
    connection.closed.then(() => {
      this.#leaving--
      this.#accepted.delete(connection)
      this.#changed()
    })
  }

  /** All that are open or being opened are spent. */
  recycle(): void {
    this.#epoch++
  }

  resize({ min, max }: Required<PoolSize>): void {
    this.#database.min = min
    this.#database.max = max
    this.#changed()
  }

  /** All are spent, those being opened are given up, and no more are opened until it is resumed. */
  pause(): void {
    this.#state = 'paused'
    this.#connector.giveUp()
  }

  resume(): void {
    if (!this.isPaused) return
    this.#state = 'open'
    this.#changed()
  }

  /** All are spent, those being opened are given up, and no more are opened. */
  beginClose(): void {
    this.#state = 'closing'
    this.#connector.giveUp()
    this.#changed()
  }

  /**
   * Resolves when as many are open as the pool's minimum. While the server is away it waits as long as a lease would.
   * @throws ConnectError, BrokerClosedError, or what `timeoutError` returns
   */
  async ready(timeoutError: (waitedMillis: number) => Error): Promise<void> {
    const { connectionTimeoutMillis: limit } = this.#database
    const late = limit === 0 ? undefined : AbortSignal.timeout(limit)
    const wake = () => this.#changed()
    const stays = stayAlive()
    late?.addEventListener('abort', wake)
    try {
      while (!this.isClosing && this.#accepted.size < this.#database.min) {
        if (late?.aborted) throw timeoutError(limit)
        await this.#change()
        const { error } = this.#connector
        if (error !== undefined && !mayPass(error)) throw cannotConnect(this.#database, error)
      }
      if (this.isClosing) throw brokerClosed(this.#database)
    } finally {
      late?.removeEventListener('abort', wake)
      clearInterval(stays)
    }
  }

  /**
   * Resolves with true when there are none, and with false when there may be some again, because it was resumed. The process does
   * not end before: connections that nobody holds would let it.
   */
  async gone(): Promise<boolean> {
    const stays = stayAlive()
    while (this.size > 0 && this.#state !== 'open') await this.#change()
    clearInterval(stays)
    return this.#state !== 'open'
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve))
  }

  #changed(): void {
    for (const listener of this.#onChange.splice(0)) listener()
    this.#events.freed()
  }
}
