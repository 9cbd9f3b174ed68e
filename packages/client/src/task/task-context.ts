import type { LeasedClientOptions, PoolOptions, WithConnectionOptions } from '../client/client-options.js'
import { type Leased, type LeasingTask, leaseClient } from '../client/leased.js'
import type { LeasedClient } from '../client/leased-client.js'
import { checkCall, checkDatabase } from '../client/option-checks.js'
import { Pool } from '../client/pool.js'
import { withClient } from '../client/with-connection.js'
import { type TransactionOptions, transact } from '../client/with-transaction.js'
import { isError } from '../common/values.js'
import type { BrokerLink } from '../lease/broker-link.js'
import type { TaskMessage } from './task-contract.js'
import { Watch } from './task-watch.js'
import { executorClosed, type ThreadStop } from './thread-stop.js'

/** Without what no text tells one from another of; parsers of its own a client gets by `setTypeParser`. */
type DatabaseOptions = Omit<LeasedClientOptions, 'database' | 'types' | 'Promise'>

/** The second argument of every task. */
export interface TaskContext {
  /**
   * A client on the database `default`: leased by the task's first query, given back when the task settles. Once it has been
   * released, a new one.
   */
  readonly db: LeasedClient
  /**
   * The task's client on another database, or with options of its own; one per name and options given. Once that has been
   * released, a new one.
   * @throws ConfigurationError
   */
  database(name: string, options?: DatabaseOptions): LeasedClient
  /**
   * A lease for a part of the task: given back when `work` settles. For a task that reads, computes for long, and
   * writes, and should hold no connection while it computes.
   */
  withConnection<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options?: WithConnectionOptions,
  ): Promise<T>
  /**
   * A transaction with a lease of its own, for a part of the task: as `withTransaction` of `@pglease/client`. On a client
   * that the task has already, `db.withTransaction` needs no further connection.
   */
  withTransaction<T>(work: (client: LeasedClient) => Promise<T> | T, options?: TransactionOptions): Promise<T>
  /**
   * A `pg.Pool` for libraries that ask for one: its leases end with the task, at the latest, and obey its signal. Nothing is
   * left of it at the end, whether or not `end` is called.
   * @throws ConfigurationError
   */
  pool(options?: PoolOptions): Pool
  /**
   * Aborted when the caller's signal is, after the task's `timeoutMillis`, and when the executor closes and has no more patience; once
   * the thread returns to its event loop.
   */
  readonly signal: AbortSignal
  /**
   * Throws the abort's reason when the task has been aborted. Reads shared memory, so it also works inside a loop that
   * never returns to the event loop. About 20 ns.
   */
  throwIfAborted(): void
  /**
   * Hands a value to the caller's `onProgress`. While one value is on its way only the latest of the next ones is kept,
   * and the last always arrives: call it as often as you like.
   * @throws DataCloneError for a value that cannot be cloned.
   */
  reportProgress(progress: unknown): void
}

/** The context of one task, from its start to its end. */
export class RunningTask implements TaskContext, LeasingTask {
  readonly #link: BrokerLink
  readonly name: string
  /** Every client that is not settled for sure; those of `database` by what they were asked for with, others by themselves. */
  readonly #clients = new Map<unknown, LeasedClient & Leased>()
  readonly #pools: Pool[] = []
  readonly #watch: Watch | undefined
  readonly #stop: Pick<ThreadStop, 'isStopped'>
  /** Made when first asked for: most tasks never do. */
  #abort: AbortController | undefined
  /** Set by the abort's event. */
  #reason: { value: unknown } | undefined
  /** What a task has left running must not lease: nobody would give it back. */
  #isOver = false

  constructor(link: BrokerLink, { name, watch }: TaskMessage, stop: Pick<ThreadStop, 'isStopped'>) {
    this.#link = link
    this.name = name
    this.#watch = watch && new Watch(watch, (reason) => this.abort(reason))
    this.#stop = stop
    // Tasks take these out of the context by destructuring.
    this.database = this.database.bind(this)
    this.withConnection = this.withConnection.bind(this)
    this.withTransaction = this.withTransaction.bind(this)
    this.pool = this.pool.bind(this)
    this.throwIfAborted = this.throwIfAborted.bind(this)
    this.reportProgress = this.reportProgress.bind(this)
  }

  get db(): LeasedClient {
    return this.database('default')
  }

  database(name: string, options?: DatabaseOptions): LeasedClient {
    // Before it makes a text of them. Most calls have none, and have come before.
    if (options !== undefined) checkDatabase(name, options)
    // No name can make two of these one: where the options end in it is plain.
    const key = `${options === undefined ? '{}' : JSON.stringify(options)}${name}`
    const client = this.#clients.get(key)
    if (client?.isReleased === false) return client
    if (options === undefined) checkDatabase(name, options)
    if (client !== undefined) this.#released(client)
    return this.#newClient({ ...options, database: name }, key)
  }

  async withConnection<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options: WithConnectionOptions = {},
  ): Promise<T> {
    checkCall(work, options)
    const { signal, ...lease } = options
    signal?.throwIfAborted()
    this.throwIfAborted()
    const client = this.#newClient(lease)
    try {
      return await withClient(client, work, signal)
    } finally {
      this.#clients.delete(client)
    }
  }

  withTransaction<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    return transact(this.withConnection, work, options, this)
  }

  pool(options: PoolOptions = {}): Pool {
    const pool = new Pool(options, (lease) => this.#newClient(lease), this.#link)
    pool.on('release', (_error, client) => this.#released(client as LeasedClient & Leased))
    this.#pools.push(pool)
    return pool
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#reason !== undefined) this.#abort.abort(this.#reason.value)
    return this.#abort.signal
  }

  /** Of shared memory, which tells before the abort's event does: what its caller takes for aborted is to commit nothing. */
  get abortReason(): Error | undefined {
    if (this.#watch?.isAborted) return asError(this.#reason?.value)
    return this.#stop.isStopped ? asError(this.#reason?.value ?? executorClosed()) : undefined
  }

  throwIfAborted(): void {
    if (this.#watch?.isAborted)
      throw this.#reason?.value ?? new DOMException('The task was aborted', 'AbortError')
    if (this.#stop.isStopped) throw this.#reason?.value ?? executorClosed()
  }

  reportProgress(progress: unknown): void {
    this.#watch?.report(progress)
  }

  /**
   * Gives the clients back once what they have sent is answered.
   * @returns undefined when there is nothing to wait for.
   * @throws the abort's reason, and a lease's error when an answer is lost.
   */
  finish(): Promise<void> | undefined {
    const isPooled = this.#pools.some(({ totalCount, waitingCount }) => totalCount + waitingCount > 0)
    const finishing = isPooled ? this.#finishPools() : this.#finishClients()
    return finishing?.then(() => this.throwIfAborted())
  }

  #finishClients(): Promise<unknown> | undefined {
    const finishing = [...this.#clients.values()].map((client) => client.finish())
    return finishing.every((each) => each === undefined) ? undefined : Promise.all(finishing)
  }

  /** What waits in a pool gets its client when one before it is given back, and has its query a turn later. */
  async #finishPools(): Promise<void> {
    // Not for what comes later still: that may have no end.
    const waiting = this.#pools.reduce((sum, { waitingCount }) => sum + waitingCount, 0)
    for (let turn = 0; turn <= waiting; turn++) {
      await new Promise(setImmediate)
      const finishing = this.#finishClients()
      if (finishing === undefined) return
      await finishing
    }
  }

  /** Gives everything back at once. */
  close(): void {
    this.#isOver = true
    for (const client of this.#clients.values()) client.settle()
    this.#watch?.close()
  }

  #newClient(options: LeasedClientOptions, key?: string): LeasedClient & Leased {
    const client = leaseClient(this.#link, options, this)
    this.#clients.set(key ?? client, client)
    if (this.#reason !== undefined || this.#isOver) client.settle()
    return client
  }

  /** By its holder: the task waits for what it has sent all the same. */
  #released(client: LeasedClient & Leased): void {
    const forget = () => this.#clients.delete(client)
    const answered = client.finish()
    if (answered === undefined) return void forget()
    this.#clients.set(client, client)
    answered.then(forget, forget)
  }

  /** The first reason counts. */
  abort(reason: unknown): void {
    if (this.#reason !== undefined) return
    this.#reason = { value: reason }
    this.#abort?.abort(reason)
    for (const client of this.#clients.values()) client.settle(asError(reason))
  }
}

/** What a query can be rejected with for any reason of an abort. */
function asError(reason: unknown): Error {
  return isError(reason) ? reason : new DOMException('The task was aborted', 'AbortError')
}
