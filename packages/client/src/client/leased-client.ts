import type { EventEmitter } from 'node:events'
import pg from 'pg'
import { isError } from '../common/values.js'
import type { BrokerLink } from '../lease/broker-link.js'
import { type LeaseRequest, MOST_STACK } from '../lease/contract.js'
import { lostBefore, released } from '../lease/lease-errors.js'
import { LeaseStream } from '../lease/lease-stream.js'
import { answerCall, type Call, refuseConnect, refuseQuery } from './call-answers.js'
import { ClientConfig } from './client-config.js'
import { type LeasedClientOptions, leaseOptions } from './client-options.js'
import { LeaseConnection } from './lease-connection.js'

/**
 * As of `pg.PoolClient`: `true` or an error closes the connection instead of giving it back. An error of the server's
 * own, a `pg.DatabaseError`, does not: the session is as sound as before.
 */
export type ReleaseOption = boolean | Error | null | undefined | { destroy?: boolean }

/**
 * A `pg.Client` on a leased connection. It is connected from the start: the first query opens the lease, `release`
 * ends it. Everything that works on a `pg.Client` works on it.
 *
 * Beyond the errors of `pg`, `query` rejects with a `LeaseTimeoutError`, `QueueFullError`, `ConnectError`,
 * `UnknownDatabaseError`, `BrokerClosedError` or `NotAttachedError` when the lease cannot be opened, a
 * `LeaseReleasedError` after `release`, a `LeaseLostError` or `LeaseRevokedError` when the lease ended on its own.
 */
export interface LeasedClient extends pg.Client {
  /** Whether the lease is over, by `release` or on its own. */
  readonly isOver: boolean
  /**
   * Gives the connection back. A query under way is cancelled on the server and rejects; an open transaction is rolled
   * back. Complete when it returns: nothing is awaited.
   * @throws LeaseReleasedError when it was released before.
   */
  release(option?: ReleaseOption): void
  /**
   * Cancels the query under way on the server: it rejects with SQLSTATE 57014, and the lease goes on. The server ignores a
   * cancel that comes before it has begun the query, or once it is done with it (chapter 54.2.8 of the PostgreSQL
   * documentation).
   */
  cancelQuery(): void
}

/**
 * - `unused`: no query yet, so no lease;
 * - `leasing`: the first query has opened the lease;
 * - `lost`: the lease ended on its own, the error says why;
 * - `ended`: by `end`; queries sent before in pipeline mode may still be answered, as of `pg`;
 * - `released`: by its holder.
 */
type State = { is: 'unused' | 'leasing' | 'ended' | 'released' } | { is: 'lost'; error: Error }

/** `pg.Client` without its overloads, which the class below overrides as one function each. */
const UntypedClient = pg.Client as unknown as new (
  config: object,
) => EventEmitter & {
  binary: boolean
  processID: number
  query(...call: Call): unknown
  connect(...call: Call): unknown
  end(...call: Call): unknown
}

/** What a server says at the end of a start-up. */
const READY = Object.freeze({ name: 'readyForQuery', length: 5, status: 'I' })

/** The class behind `LeasedClient`. */
export class Leased extends UntypedClient {
  readonly #stream: LeaseStream
  readonly #connection: LeaseConnection
  readonly #request: LeaseRequest
  #state: State = { is: 'unused' }
  readonly #link: BrokerLink
  /** Once it has been called, a further `connect` is refused, as of `pg`. */
  #connectCalled = false

  constructor(link: BrokerLink, options: LeasedClientOptions, task?: string) {
    const lease = leaseOptions(options)
    const request: LeaseRequest = { ...lease, database: lease.database ?? 'default' }
    if (task !== undefined) request.task = task
    const stream = new LeaseStream(link, request, options.pipeline === true)
    const connection = new LeaseConnection(stream)
    super(new ClientConfig(connection, options))
    connection.client = this
    this.#connection = connection
    this.binary = options.binary ?? pg.defaults.binary ?? false
    // No BackendKeyData: it would come between a query and its answer, where pg-copy-streams does not expect it.
    stream.onGranted = (processId) => {
      this.processID = processId
    }
    this.#link = link
    this.#stream = stream
    this.#request = request
  }

  get isOver(): boolean {
    return this.#state.is !== 'unused' && this.#state.is !== 'leasing'
  }

  /** As of `pg.Client`. Not needed: the first query connects. It opens no lease. */
  override connect(...call: Call): unknown {
    const isFirst = !this.#connectCalled
    this.#connectCalled = true
    switch (this.#state.is) {
      case 'ended':
      case 'released':
        return refuseConnect(released(this.#request.database), call)
      case 'lost':
        return refuseConnect(lostBefore(this.#request.database, this.#state.error), call)
      case 'unused':
        this.#noteCaller(this.connect)
        this.#state = { is: 'leasing' }
        process.nextTick(() => this.#connected())
        return super.connect(...call)
      case 'leasing':
        // The first query has connected: pg would let it wait for this call.
        return isFirst ? answerCall(this, call) : super.connect(...call)
    }
  }

  override query(...call: Call): unknown {
    switch (this.#state.is) {
      case 'released':
        return refuseQuery(released(this.#request.database), call, this.#connection)
      case 'lost':
        return refuseQuery(lostBefore(this.#request.database, this.#state.error), call, this.#connection)
      case 'unused':
        this.#noteCaller(this.query)
        this.#state = { is: 'leasing' }
        super.connect(() => {})
        this.#connected()
        return super.query(...call)
      case 'leasing':
      case 'ended':
        return super.query(...call)
    }
  }

  release(option?: ReleaseOption): void {
    if (this.#state.is === 'released') throw released(this.#request.database)
    this.giveBack(option)
  }

  /** As `release`, but harmless after it. */
  giveBack(option?: ReleaseOption): void {
    if (this.#state.is !== 'released') this.#finish(closes(option) ? 'destroy' : 'release')
  }

  /** Releases the lease if it is not released yet; what its holder still waits for rejects with `reason`. */
  settle(reason?: Error): void {
    if (this.#state.is !== 'released') this.#finish('release', reason)
  }

  cancelQuery(): void {
    this.#stream.cancel()
  }

  /** As of `pg.Client`: this client is done. The connection goes back to the pool, and to close it is the pool's. */
  override end(...call: Call): unknown {
    if (this.#state.is === 'released') return answerCall(undefined, call)
    this.#state = { is: 'ended' }
    // The goodbye to the server is the pool's to say.
    this.#connection.end = () => void this.#stream.end()
    return super.end(...call)
  }

  /** An error that nobody listens for must not end the thread: the next query tells of it. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...values)
    if (this.#state.is !== 'leasing') return false
    const error = values[0] as Error
    this.#state = { is: 'lost', error }
    // The error may be the client's own, of an answer that it did not expect: then the lease is still open.
    this.#stream.release('release')
    return this.listenerCount('error') > 0 && super.emit(event, ...values)
  }

  #finish(how: 'release' | 'destroy', reason?: Error): void {
    const { is } = this.#state
    this.#state = { is: 'released' }
    if (is === 'unused') return
    this.#stream.release(how)
    // Only a query that waits needs to be told. To take a stream down costs as much as a small query.
    if (!this.#isQuiet || is === 'lost') this.#stream.destroy(reason ?? released(this.#request.database))
    else this.#connection.letGo()
  }

  /** As of pg, which calls it: the connection knows its client. */
  _attachListeners(): void {}

  /** Keeps the stack of the first call of `method`, while the broker looks for leaks. */
  #noteCaller(method: (...call: Call) => unknown): void {
    if (this.#request.openedAt !== undefined || this.#link.info?.traceLeases === false) return
    const caller: { stack?: string } = {}
    Error.captureStackTrace(caller, method)
    // It is what a program's own `Error.prepareStackTrace` makes of it.
    if (typeof caller.stack === 'string') this.#request.openedAt = caller.stack.slice(0, MOST_STACK)
  }

  /** Tells pg what the server says at the end of a start-up: the lease's connection has that behind it. */
  #connected(): void {
    if (this.#state.is !== 'leasing' && this.#state.is !== 'ended') return
    this.#connection.emit('readyForQuery', READY)
  }

  /** Whether no query waits or runs; pg keeps this itself. */
  get #isQuiet(): boolean {
    return (this as unknown as { readyForQuery?: boolean }).readyForQuery === true
  }
}

/** A new leased client, in the type that keeps pg's overloads. */
export function leaseClient(
  link: BrokerLink,
  options: LeasedClientOptions,
  task?: string,
): LeasedClient & Leased {
  return new Leased(link, options, task) as LeasedClient & Leased
}

function closes(option: ReleaseOption): boolean {
  if (option instanceof pg.DatabaseError) return false
  return typeof option === 'object' && !isError(option) ? option?.destroy === true : Boolean(option)
}
