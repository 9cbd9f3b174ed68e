import { inspect } from 'node:util'
import pg from 'pg'
import type { RetryingTask } from '../common/retried.js'
import { shown } from '../common/shown.js'
import type { BrokerLink } from '../lease/broker-link.js'
import { type LeaseRequest, MOST_STACK, type ServerProcess } from '../lease/contract.js'
import { lostBefore, released } from '../lease/lease-errors.js'
import { LeaseStream, type StreamUser } from '../lease/lease-stream.js'
import { answerCall, answerCallWhen, type Call, refuseConnect, refuseQuery } from './call-answers.js'
import { clientConfig, place } from './client-config.js'
import { type LeasedClientOptions, leaseOptions } from './client-options.js'
import { LeaseConnection } from './lease-connection.js'
import { LeaseEnd } from './lease-end.js'
import type { LeasedClient, ReleaseOption } from './leased-client.js'
import { PgClient, type PgQuery } from './pg-client.js'
import { taskComment } from './task-comment.js'
import type { ClientTransactionOptions } from './transaction-options.js'
import { Transactions } from './transactions.js'
import { beginningOf, noteAnswer } from './unanswered.js'

/**
 * - `unused`: no query yet, so no lease;
 * - `leasing`: the first query has opened the lease;
 * - `lost`: the lease ended on its own, the error says why;
 * - `ended`: by `end`; queries sent before in pipeline mode may still be answered, as of `pg`.
 */
type State =
  | { is: 'unused' | 'leasing' }
  | { is: 'ended'; hasConnected: boolean }
  | { is: 'lost'; error: Error }

/** What a server says at the end of a start-up. */
const READY = Object.freeze({ name: 'readyForQuery', length: 5, status: 'I' })

/** `read_only_sql_transaction`. */
const READ_ONLY = '25006'

/** The task that a client is of. */
export interface LeasingTask extends RetryingTask {
  readonly name: string
  /** Why it is to send nothing any more: it is aborted, of which its clients may be still to hear. */
  readonly abortReason: Error | undefined
}

/** The class behind `LeasedClient`. */
export class Leased extends PgClient implements StreamUser {
  readonly #stream: LeaseStream
  readonly #connection: LeaseConnection
  readonly #request: LeaseRequest
  readonly #link: BrokerLink
  readonly #end: LeaseEnd
  readonly #task: LeasingTask | undefined
  /** The class of the promises that it gives as pg does. */
  readonly #Answer: PromiseConstructorLike
  #state: State = { is: 'unused' }
  /** Whether it knows where its server is. */
  readonly #isPlaced: boolean
  /** Once it has been called, a further `connect` is refused, as of `pg`. */
  #connectCalled = false
  #transactions: Transactions | undefined
  /** The query that the broker was let know of last. */
  #shown: PgQuery | null | undefined

  constructor(link: BrokerLink, options: LeasedClientOptions, task?: LeasingTask) {
    const lease = leaseOptions(options)
    const request: LeaseRequest = { ...lease, database: lease.database ?? 'default' }
    if (task !== undefined) request.task = task.name
    const stream = new LeaseStream(link, request, options.pipeline === true)
    const keepingSpan = () => link.info?.keeping.get(request.database)
    const connection = new LeaseConnection(stream, keepingSpan)
    const address = link.databases.get(request.database)
    super(clientConfig(connection, options, address))
    connection.client = this
    // Before a task begins, the broker has answered.
    if (task !== undefined && link.info?.naming.has(request.database))
      connection.comment = taskComment(task.name)
    this.#connection = connection
    this.binary = options.binary ?? pg.defaults.binary ?? false
    this.#isPlaced = address !== undefined
    // Not a function for each event: V8 takes what is assigned as one for long-lived, and keeps all that it refers to.
    stream.user = this
    this.#link = link
    this.#task = task
    this.#Answer = options.Promise ?? Promise
    this.#stream = stream
    this.#request = request
    this.#end = new LeaseEnd(this, stream, connection, request)
  }

  /** Whether the holder has given it back, or the task that it was of is over. */
  get isReleased(): boolean {
    return this.#end.isReleased
  }

  get isOver(): boolean {
    const isOpen = this.#state.is === 'unused' || this.#state.is === 'leasing'
    return this.#end.isReleased || !isOpen || this.isAborted
  }

  /** Whether its task is, also where that has not heard of it. */
  get isAborted(): boolean {
    return this.#task?.abortReason !== undefined
  }

  /** As of `pg.Client`, also after `end`. Not needed: the first query connects. It opens no lease. */
  override connect(...call: Call): unknown {
    const isFirst = !this.#connectCalled
    this.#connectCalled = true
    if (this.#state.is === 'ended') return this.#connectEnded(this.#state, call)
    const refusal = this.#refusal
    if (refusal !== undefined) return refuseConnect(refusal, call, this.#Answer)
    // The first query has connected: pg would let it wait for this call.
    if (this.#state.is === 'leasing')
      return isFirst ? answerCall(this, call, this.#Answer) : super.connect(...call)
    this.#noteCaller(this.connect)
    this.#state = { is: 'leasing' }
    process.nextTick(() => this.#connected())
    return super.connect(...call)
  }

  /** pg refuses it to a client that was connected before; of another the connection is of no use, for it sends nothing. */
  #connectEnded({ hasConnected }: { hasConnected: boolean }, call: Call): unknown {
    if (!hasConnected) {
      this.#state = { is: 'ended', hasConnected: true }
      process.nextTick(() => this.#connected())
    }
    return super.connect(...call)
  }

  override query(...call: Call): unknown {
    const refusal = this.#refusal
    if (refusal !== undefined) return refuseQuery(refusal, call, this.#Answer, this.#connection)
    if (this.#state.is === 'unused') {
      this.#noteCaller(this.query)
      this.#state = { is: 'leasing' }
      super.connect(() => {})
      this.#connected()
    }
    const answer = super.query(...call)
    const config = call[0] as { query_timeout?: unknown } | undefined
    const isTimed = Boolean(config?.query_timeout || this.connectionParameters.query_timeout)
    noteAnswer(this, answer, isTimed, this.#Answer)
    return answer
  }

  release(option?: ReleaseOption): void {
    if (this.#end.isReleased) throw released(this.#request.database)
    this.#end.release(option)
  }

  /** As `release`, but harmless after it. */
  giveBack(option?: ReleaseOption): void {
    if (!this.#end.isReleased) this.#end.release(option)
  }

  /**
   * Releases the lease once what was sent is answered, what is sent meanwhile too.
   * @returns undefined when there is nothing to wait for. Else a promise that rejects when an answer is lost, but not for
   * what comes too late.
   */
  finish(): Promise<void> | undefined {
    return this.#end.finish()
  }

  /** Releases the lease if it is not released yet; what its holder still waits for rejects with `reason`. */
  settle(reason = this.#task?.abortReason): void {
    this.#end.settle(reason)
  }

  cancelQuery(): void {
    this.#connection.cancels()
    this.#stream.cancel()
  }

  withTransaction<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options: ClientTransactionOptions = {},
  ): Promise<T> {
    return this.transactions.run(work, options)
  }

  get transactions(): Transactions {
    this.#transactions ??= new Transactions(this as unknown as LeasedClient, this, this.#task)
    return this.#transactions
  }

  /** As of `pg.Client`: this client is done. The connection goes back to the pool, and to close it is the pool's. */
  override end(...call: Call): unknown {
    if (this.#end.isReleased) return answerCallWhen(this.#end.over, call, this.#Answer)
    const hasConnected = this.#state.is === 'ended' ? this.#state.hasConnected : this.#state.is !== 'unused'
    this.#state = { is: 'ended', hasConnected }
    return super.end(...call)
  }

  /** An error that nobody listens for must not end the thread: the next query tells of it. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...values)
    if (this.#state.is !== 'leasing' || this.#end.isReleased) return false
    const error = values[0] as Error
    this.#state = { is: 'lost', error }
    // The error may be the client's own, of an answer that it did not expect: then the lease is still open.
    this.#stream.release('release')
    return this.listenerCount('error') > 0 && super.emit(event, ...values)
  }

  /** Without its insides, which go round in circles. */
  toJSON(): object {
    const { database, task } = this.#request
    return { database, task, state: this.#end.isReleased ? 'released' : this.#state.is }
  }

  [inspect.custom](_depth: number, options: object): string {
    return shown('LeasedClient', this.toJSON(), options)
  }

  /** For the end of the lease: see `LeaseEnd`. */
  get condition(): 'unused' | 'used' | 'broken' {
    if (this.#state.is === 'unused') return 'unused'
    // As of pg, who ends a client that does not pipeline waits for nothing.
    const isBroken = this.#state.is === 'lost' || (this.#state.is === 'ended' && !this.pipeline)
    return isBroken ? 'broken' : 'used'
  }

  /** What the lease leaves open is no fault of its holder. */
  leavesOpen(): void {
    this.#stream.aborted()
  }

  // From the stream.

  /** No BackendKeyData: it would come between a query and its answer, where pg-copy-streams does not expect it. */
  granted({ processId, serverVersion }: ServerProcess): void {
    this.#connection.granted()
    if (!this.#isPlaced) this.#place()
    if (this.processID === null) this.#connection.servedBy(serverVersion)
    this.processID = processId
  }

  foreign(bytes: unknown): void {
    this.#connection.foreign(bytes)
  }

  endsByAbort(): boolean {
    const reason = this.#task?.abortReason
    if (reason === undefined) return false
    this.#end.settle(reason)
    return true
  }

  // As pg calls them.

  /** The connection knows its client. */
  _attachListeners(): void {}

  override _pulseQueryQueue(): void {
    super._pulseQueryQueue()
    if (this.#stream.shows) this.#showStatement()
    this.#end.goOn()
  }

  override _handleCopyInResponse(message: unknown): void {
    this.#end.copyInBegun()
    super._handleCopyInResponse(message)
    this.#end.goOn()
  }

  override _handleErrorMessage(message: unknown): void {
    const query = this._activeQuery
    this.#transactions?.refused(message)
    if ((message as { code?: unknown }).code === READ_ONLY) this.#stream.refusedToWrite()
    super._handleErrorMessage(message)
    if (query != null && this.pipeline) this.#end.refused(query)
  }

  override _errorAllQueries(error: Error): void {
    this.#end.lost(error, () => super._errorAllQueries(error))
  }

  #showStatement(): void {
    const sent = this.pipeline ? this._sentQueryQueue.at(-1) : this._activeQuery
    if (sent != null && sent !== this.#shown) this.#stream.show(beginningOf(sent))
    this.#shown = sent
  }

  /** Keeps the stack of the first call of `method`, while the broker looks for leaks. */
  #noteCaller(method: (...call: Call) => unknown): void {
    if (this.#request.openedAt !== undefined || this.#link.info?.traceLeases === false) return
    const caller: { stack?: string } = {}
    Error.captureStackTrace(caller, method)
    // It is what a program's own `Error.prepareStackTrace` makes of it.
    if (typeof caller.stack === 'string') this.#request.openedAt = caller.stack.slice(0, MOST_STACK)
  }

  /** The broker has answered meanwhile. */
  #place(): void {
    const address = this.#link.databases.get(this.#request.database)
    if (address !== undefined) place(this, address)
  }

  /** Tells pg what the server says at the end of a start-up: the lease's connection has that behind it. */
  #connected(): void {
    if (!this.#end.isReleased && this.#state.is !== 'lost') this.#connection.emit('readyForQuery', READY)
  }

  /** Why a query can be sent no more. */
  get #refusal(): Error | undefined {
    const { database } = this.#request
    if (this.#end.isReleased) return released(database)
    return this.#state.is === 'lost' ? lostBefore(database, this.#state.error) : this.#task?.abortReason
  }
}

/** A new leased client, in the type that keeps pg's overloads. */
export function leaseClient(
  link: BrokerLink,
  options: LeasedClientOptions,
  task?: LeasingTask,
): LeasedClient & Leased {
  return new Leased(link, options, task) as LeasedClient & Leased
}
