import { EventEmitter } from 'node:events'
import { threadId, type Worker } from 'node:worker_threads'
import {
  BrokerClosedError,
  type LeasedClient,
  LeaseRevokedError,
  Pool,
  type PoolOptions,
  type TransactionOptions,
  type WithConnectionOptions,
} from '@pglease/client'
import {
  type AttachRequest,
  type BrokerLink,
  checkOptions,
  flag,
  isAttachRequest,
  leaseClient,
  makeThreadToken,
  millis,
  names,
  text,
  transact,
  whole,
  withLease,
  wrong,
} from '@pglease/client/internal'
import type {
  AttachOptions,
  BrokerEvents,
  BrokerOptions,
  CloseOptions,
  HealthcheckOptions,
  On,
  RecycleOptions,
} from './broker-options.js'
import { closeBrought } from './common/brought.js'
import { channels } from './common/channels.js'
import type { Health } from './common/health.js'
import { LONGEST_TIMER } from './common/longest-timer.js'
import { mustBeNode } from './common/runtime.js'
import { StateMachine } from './common/state-machine.js'
import type { DatabaseStatistics } from './common/statistics.js'
import { tell } from './common/tell.js'
import { type BrokerWarning, signed } from './common/warnings.js'
import type { DatabaseOptions, PoolSize } from './connection/database-options.js'
import { readDatabase, readSize } from './connection/read-database.js'
import { DatabaseLeases } from './lease/database-leases.js'
import { Databases } from './lease/databases.js'
import { HealthChecks } from './lease/health-checks.js'
import type { LeaseReport } from './lease/lease-report.js'
import { ThreadPorts } from './lease/thread-ports.js'
import { ThreadShare } from './lease/thread-share.js'

/**
 * - `open`;
 * - `closing`: no lease is granted any more, holders may finish;
 * - `closed`: no connection is open.
 */
export type BrokerState = 'open' | 'closing' | 'closed'

export const BROKER_TRANSITIONS = {
  open: ['closing'],
  closing: ['closed'],
  closed: [],
} as const satisfies Record<BrokerState, readonly BrokerState[]>

// Before any thread is started that may be attached.
makeThreadToken()

/** How long `close` lets holders finish. */
const CLOSE_MILLIS = 5000

/** How long a health check may take. */
const HEALTH_MILLIS = 1000

/**
 * Owns one pool of Postgres connections per database, and leases them to the worker threads of this process. It lives
 * on the main thread. Idle connections keep no process alive; `close` lets those that are leased end well.
 */
export class ConnectionBroker<Name extends string = string> extends EventEmitter<BrokerEvents> {
  /** As its options have it. */
  readonly name: string | undefined
  readonly #databases: Databases
  readonly #machine = new StateMachine<BrokerState>('broker', 'open', BROKER_TRANSITIONS)
  readonly #ports: ThreadPorts
  /** This thread's own link, made when first asked for. */
  #ownLink: BrokerLink | undefined
  #closing: Promise<void> | undefined
  readonly #health: HealthChecks

  /** @throws ConfigurationError that names the database, the option and the value; in Bun and Deno, that it needs Node.js. */
  constructor(options: BrokerOptions<Name>) {
    super()
    mustBeNode()
    checkOptions('', options, {
      databases: (value) =>
        typeof value === 'object' && !Array.isArray(value) ? undefined : 'an object of databases by name',
      handOver: flag,
      name: text,
    })
    this.name = options.name
    const entries = Object.entries<DatabaseOptions>(options.databases ?? {})
    if (entries.length === 0)
      throw wrong('databases', options.databases, 'an object with at least one database, mostly "default"')
    const warn = (anonymous: BrokerWarning) => {
      const warning = signed(anonymous, this.name)
      if (channels.warning.hasSubscribers) channels.warning.publish(warning)
      tell(this, 'warning', warning)
      if (warning.code === 'PGLEASE_UNREACHABLE') tell(this, 'unreachable', warning)
      if (warning.code === 'PGLEASE_REACHABLE') tell(this, 'reachable', warning)
    }
    const leasesOf = (name: string, each: DatabaseOptions) =>
      new DatabaseLeases({ ...readDatabase(name, each, options.handOver), broker: options.name }, warn)
    this.#databases = new Databases(new Map(entries.map(([name, each]) => [name, leasesOf(name, each)])))
    this.#ports = new ThreadPorts(warn)
    this.#health = new HealthChecks(this.#databases)
  }

  /** Whether it is open: see `BrokerState`. */
  get state(): BrokerState {
    return this.#machine.state
  }

  /** Their names. */
  get databases(): readonly Name[] {
    return this.#databases.names as Name[]
  }

  /**
   * Opens each database's `min` connections: where that is 0, none, and it says nothing of the server. Waits for a server
   * that is away as long as a lease would.
   * @throws ConnectError when a server refuses for good, LeaseTimeoutError when the time is over, BrokerClosedError.
   */
  async ready(): Promise<void> {
    this.#mustBeOpen()
    await Promise.all(this.#databases.all.map((database) => database.ready()))
  }

  /**
   * Whether a lease can be had: for a handler of readiness. Each database is asked for a connection as by a lease, which waits in
   * the line and must answer one query; it is held for no longer than that. While a check is under way others with the same limit
   * share its result, so a handler that is asked often takes no more connections. Does not reject for what is found, also once
   * the broker is closed.
   * @throws UnknownDatabaseError, ConfigurationError
   */
  async healthcheck(options: HealthcheckOptions<Name> = {}): Promise<Health<Name>> {
    checkOptions('healthcheck', options, {
      database: text,
      timeoutMillis: whole(1, LONGEST_TIMER),
    })
    const { database, timeoutMillis = HEALTH_MILLIS } = options
    if (database !== undefined) this.#databases.get(database)
    const asked = database === undefined ? this.databases : [database]
    return (await this.#health.look(asked, timeoutMillis)) as Health<Name>
  }

  /**
   * From now on `healthcheck` says `closing`, and nothing else changes: whoever sends requests here learns that it is time to
   * stop, before anything is refused. `close` does it too.
   */
  announceClose(): void {
    this.#health.announceClose()
  }

  /**
   * Lets a worker lease connections. Call it right after `new Worker(file)`: the worker asks for its port when it first
   * wants a lease, by a message that this keeps from your own listeners. The worker must have been started after this
   * module was loaded.
   * @throws UnknownDatabaseError for a database that the broker has not, ConfigurationError, BrokerClosedError.
   */
  attach(worker: Worker, options: AttachOptions<Name> = {}): void {
    this.#mustBeOpen()
    checkOptions('attach', options, {
      databases: names,
    })
    for (const name of options.databases ?? []) this.#databases.get(name)
    if (typeof Object(worker).emit !== 'function' || typeof Object(worker).postMessage !== 'function')
      throw wrong('attach.worker', worker, 'a Worker')
    const share = new ThreadShare()
    const emit = worker.emit
    worker.emit = (event, ...values: unknown[]) => {
      const [message] = values
      if (event !== 'message' || !isAttachRequest(message))
        return Reflect.apply(emit, worker, [event, ...values])
      // Not as the thread says: what it posts may be made up.
      this.serve({ ...message, threadId: worker.threadId }, options, share)
      return true
    }
    this.expectLease(options)
  }

  /**
   * A thread is starting that is likely to lease.
   * @internal
   */
  expectLease({ databases }: AttachOptions): void {
    this.#databases.expectLease(databases)
  }

  /**
   * Answers a thread that has asked for its control port. For the executor; see `attach`.
   * @internal
   * @param share of the thread, however often it asks.
   */
  serve(request: Omit<AttachRequest, 'token'>, options: AttachOptions, share: ThreadShare): void {
    const port = request['@pglease/attach']
    const rights = this.#databases.rights(request.threadId, options.databases)
    closeBrought(request, port)
    this.#ports.serve(port, { ...rights, isMainThread: false, share })
  }

  /** Leases a connection on this thread: see `withConnection` of `@pglease/client`. */
  withConnection<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options: On<Name, WithConnectionOptions> = {},
  ): Promise<T> {
    try {
      this.#mustBeOpen()
    } catch (error) {
      return Promise.reject(error)
    }
    return withLease(this.#link, work, options)
  }

  /** A transaction on a lease of this thread: see `withTransaction` of `@pglease/client`. */
  withTransaction<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options: On<Name, TransactionOptions> = {},
  ): Promise<T> {
    const lease = this.withConnection as ConnectionBroker['withConnection']
    return transact(lease.bind(this), work, options)
  }

  /**
   * A `pg.Pool` on the connections of one database, for what this thread's libraries do themselves: each client that it hands
   * out is a lease, and counts in the database's `max`. As of `pg.Pool`, `connect` and `query` reject with the errors of a
   * lease; a client that waits for notifications holds its connection as long. Nothing need be ended: `close` does.
   * @throws ConfigurationError, BrokerClosedError
   */
  pool(options: On<Name, PoolOptions> = {}): Pool {
    this.#mustBeOpen()
    return new Pool(options, (lease) => leaseClient(this.#link, lease), this.#link)
  }

  /** Figures of each database, by name. */
  stats(): Record<Name, DatabaseStatistics> {
    const all = this.#databases.all.map((each) => [each.database.name, each.statistics()])
    return Object.fromEntries(all) as Record<Name, DatabaseStatistics>
  }

  /**
   * Every lease that is held, waited for, or at whose end a thread has kept the connection, as plain data, in the order in which
   * they were asked for. What threads do by themselves is looked up as of now.
   */
  leases(): LeaseReport[] {
    return this.#databases.all.flatMap((each) => each.leases())
  }

  /**
   * No connection opened before this is lent afterwards: idle ones close at once, leased ones when they come back.
   * Resolves when that has begun for all.
   * @param name of the database; `default` where it is left out.
   * @throws UnknownDatabaseError
   */
  async recycle(name: Name = 'default' as Name, options: RecycleOptions = {}): Promise<void> {
    this.#mustBeOpen()
    checkOptions('recycle', options, { force: flag })
    const database = this.#databases.get(name)
    database.recycle()
    if (options.force) {
      database.revokeHeld(
        () => new LeaseRevokedError(`The connections to "${name}" are being recycled.`, { database: name }),
      )
    }
  }

  /**
   * Changes how many connections a database may have, whatever is lent. Where there may be more, those who wait get them at
   * once. Where there may be fewer, idle ones are closed at once, and leased ones when they come back: until then there are
   * more than `max`. Figures and errors tell the new size from here on.
   * @throws ConfigurationError, also where `min` would be above `max`; UnknownDatabaseError, BrokerClosedError
   */
  resize(name: Name, size: PoolSize): void {
    this.#mustBeOpen()
    const database = this.#databases.get(name)
    database.resize(readSize(size, database.database))
  }

  /**
   * Grants no lease on a database until `resume`, and closes its connections: idle ones at once, leased ones when they come
   * back, so that the server can be restarted, moved or changed. Who asks for a lease meanwhile waits, for its
   * `connectionTimeoutMillis` at most; leases that are held go on. A task that holds one and waits for another on the same
   * database waits for `resume`, and the pause for it. Of a database that is paused already, it waits as the first did.
   *
   * Resolves with true when no connection is open, however long leases are held; with false when the database was resumed
   * before that. It rejects with an UnknownDatabaseError or a BrokerClosedError.
   * @param name of the database; `default` where it is left out. No other is paused.
   */
  async pause(name: Name = 'default' as Name): Promise<boolean> {
    this.#mustBeOpen()
    return this.#databases.get(name).pause()
  }

  /**
   * Grants leases again, to those who wait first, in the order of their line. Does nothing to a database that is not paused.
   * @param name of the database; `default` where it is left out.
   * @throws UnknownDatabaseError, BrokerClosedError
   */
  resume(name: Name = 'default' as Name): void {
    this.#mustBeOpen()
    this.#databases.get(name).resume()
  }

  /**
   * Refuses new leases, rejects those who wait with a `BrokerClosedError`, lets holders finish until the timeout, then
   * cancels their queries and rejects these so too. Resolves when every connection is closed. May be called again: the same close goes on.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkOptions('close', options, { timeoutMillis: millis })
    } catch (error) {
      return Promise.reject(error)
    }
    this.#closing ??= this.#close(options.timeoutMillis ?? CLOSE_MILLIS)
    return this.#closing
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMillis: number): Promise<void> {
    this.#machine.to('closing')
    this.announceClose()
    const databases = this.#databases.all
    for (const database of databases) database.beginClose()
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), timeoutMillis)
    await Promise.all(databases.map((database) => database.quiet(patience.signal)))
    clearTimeout(timer)
    for (const database of databases) {
      const { name } = database.database
      const message = `The broker closed, and the lease on "${name}" was not released within ${timeoutMillis} ms.`
      database.revokeHeld(() => new BrokerClosedError(message, { database: name, limit: timeoutMillis }))
    }
    await Promise.all(databases.map((database) => database.drained()))
    this.#ownLink?.close()
    this.#ports.close()
    this.#machine.to('closed')
  }

  /** This thread's own, made when first asked for. */
  get #link(): BrokerLink {
    this.#ownLink ??= this.#ports.linkHere({
      ...this.#databases.rights(threadId),
      label: 'the main thread',
      share: new ThreadShare(),
    })
    return this.#ownLink
  }

  #mustBeOpen(): void {
    if (this.state !== 'open') throw new BrokerClosedError(`The broker is ${this.state}.`)
  }
}
