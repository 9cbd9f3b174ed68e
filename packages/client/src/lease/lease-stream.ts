import { ConfigurationError, ProtocolError } from '../common/errors.js'
import { fromWire, type Wire } from '../common/wire-error.js'
import { SocketShape } from '../socket/socket-shape.js'
import type { BrokerLink } from './broker-link.js'
import type { GrantFrame, LeaseRequest, NotAwaitedFrame, RevokeFrame, ServerProcess } from './contract.js'
import { KeptStatements } from './kept-statements.js'
import { brokerGone, connectionLost } from './lease-errors.js'
import type { HeldWrite, SendCallback } from './lease-path.js'
import type { LeaseHolder, LeasePort } from './lease-port.js'
import { PortPath } from './port-path.js'
import { SocketLoan } from './socket-loan.js'
import { SocketPath, type SocketUser } from './socket-path.js'

/**
 * - `quiet`: no lease asked for yet;
 * - `linking`: the first bytes wait for the thread's link to the broker, until it has one;
 * - `asking`: the first bytes went with the request; the next wait for the grant. Or again, when the thread asks for the
 *   socket of a lease that was relayed so far;
 * - `open`: granted, bytes flow;
 * - `over`: released, revoked or lost.
 */
type State =
  | { is: 'quiet' | 'linking' | 'over' }
  | {
      is: 'asking'
      port: LeasePort
      first: Buffer
      /** Set when it was granted before. */
      relayed?: PortPath
      held?: HeldWrite
      isCancelled?: boolean
    }
  | { is: 'open'; port: LeasePort; path: PortPath | SocketPath }

/** Whose stream it is. No method may throw. */
export interface StreamUser {
  /** Something serves the lease, and nothing has come of it yet. */
  granted(server: ServerProcess): void
  /** Something is written by others than the client's connection, and not sent yet. */
  foreign(bytes: unknown): void
  /** Whether its task is aborted, heard of or not: then its lease ends by this call, and nothing more is to be sent. */
  endsByAbort(): boolean
}

const NOBODY: StreamUser = { granted: () => {}, foreign: () => {}, endsByAbort: () => false }

function ignored(): void {}

const QUIET: State = { is: 'quiet' }
const LINKING: State = { is: 'linking' }
const OVER: State = { is: 'over' }

/**
 * The stream of a leased `pg.Client`: a socket to Postgres as far as the client knows, the worker's side of a lease in
 * truth. The lease is opened by the first bytes and ended by `release`.
 */
export class LeaseStream extends SocketShape implements LeaseHolder, SocketUser {
  readonly #link: BrokerLink
  readonly #request: LeaseRequest
  user: StreamUser = NOBODY
  #keptStatements: KeptStatements | undefined
  #state: State = QUIET
  /** The beginning of what the client has sent last; '' is nothing, or not known. */
  #statement = ''
  /** Set once the client is given back but for its answers. */
  #notAwaited: NotAwaitedFrame | undefined
  #isReadOnlyTold = false
  /** Whether the lease ends because of an abort, of which the broker is told. */
  #isAborted = false

  /**
   * @param request read when the lease is opened, not before.
   * @param isPipelined whether queries of one tick are written together.
   */
  constructor(link: BrokerLink, request: LeaseRequest, isPipelined: boolean) {
    super(isPipelined)
    this.#link = link
    this.#request = request
  }

  /** What is known of the statements that the lease's connection has kept. Undefined where it keeps none, and before the grant. */
  get keptStatements(): KeptStatements | undefined {
    return this.#keptStatements
  }

  /** The same; before the lease has begun, of the connection that it is likely to have. */
  get likelyStatements(): KeptStatements | undefined {
    return this.#state.is === 'quiet' ? this.#link.keptStatements(this.#request) : this.#keptStatements
  }

  /** Asks the server to cancel what runs in this lease. */
  cancel(): void {
    const state = this.#state
    if (state.is === 'open') return state.path.cancel()
    if (state.is !== 'asking') return
    // What runs may have been granted its connection, and its answer may bring the news.
    state.port.post('cancel')
    state.isCancelled = true
  }

  /** Whether the broker may want to know what is sent: what is sent first it has not asked for yet. */
  get shows(): boolean {
    const { info } = this.#link
    return info === undefined || info.showing.has(this.#request.database)
  }

  /** What the client has sent last begins so. */
  show(statement: string): void {
    this.#statement = statement
    const state = this.#state
    if (state.is === 'asking' || state.is === 'open') this.#showOn(state.port)
  }

  #showOn(port: LeasePort): void {
    if (this.shows) port.cell.show(this.#statement)
  }

  /** The server has refused to write because it is to be read from only, or the transaction is: the broker sees which. */
  refusedToWrite(): void {
    if (this.#isReadOnlyTold || this.#state.is !== 'open') return
    this.#isReadOnlyTold = true
    this.#state.port.post('read only')
  }

  /** The lease ends once its answers have come, for which the broker waits for so long. */
  finishes(notAwaited: NotAwaitedFrame): void {
    this.#notAwaited = notAwaited
    if (this.#state.is === 'asking' || this.#state.is === 'open') this.#state.port.post(notAwaited)
  }

  /** The lease is about to end, because somebody has aborted what it was for: what it leaves is no fault of its holder. */
  aborted(): void {
    if (this.#isAborted || (this.#state.is !== 'asking' && this.#state.is !== 'open')) return
    this.#isAborted = true
    this.#state.port.post('aborted')
  }

  /** Ends the lease. Nothing arrives any more, and what is written goes nowhere. */
  release(how: 'release' | 'destroy'): void {
    this.#end(how)
  }

  /**
   * Nothing comes any more, and nobody is held. From Node 24 on each stream has a function that V8 takes for long-lived, and
   * with it the stream and all that hangs on it: it lies there until V8 collects more than the young garbage.
   */
  letGo(): void {
    this.user = NOBODY
    this.removeAllListeners()
    this.on('error', ignored)
  }

  /** By the client's connection, which knows what it sends. */
  send(message: Buffer): boolean {
    return super.write(message)
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    this.user.foreign(chunk)
    return super.write(chunk, ...(rest as []))
  }

  override end(chunk?: unknown, ...rest: unknown[]): this {
    if (chunk != null && typeof chunk !== 'function') this.user.foreign(chunk)
    return super.end(chunk, ...(rest as []))
  }

  endsByAbort(): boolean {
    return this.user.endsByAbort()
  }

  /** Whoever has written it, and however long ago: it leaves the thread here, or not at all. */
  override _write(chunk: Buffer, _encoding: string, callback: SendCallback): void {
    if (this.endsByAbort()) return callback()
    const state = this.#state
    switch (state.is) {
      case 'quiet':
        return this.#open(chunk, callback)
      case 'asking':
        state.held = { chunk, done: callback }
        return
      case 'open':
        if (state.path instanceof PortPath && state.path.asks)
          return this.#ask(state.port, state.path, chunk, callback)
        return state.path.send(chunk, callback)
      case 'over':
        return callback()
      case 'linking':
        throw new Error('The stream wrote again before its write was done')
    }
  }

  override _read(): void {
    if (this.#state.is === 'open') this.#state.path.wanted()
    else if (this.#state.is === 'asking') this.#state.relayed?.wanted()
  }

  /** The end comes a turn later, as a socket's does: who awaits an answer that has come hears of that first. */
  override _final(callback: SendCallback): void {
    this.#end('release')
    setImmediate(() => {
      this.push(null)
      callback()
    })
  }

  /** By the client that gives up on its queries. Where the connection stands the broker knows, if the server keeps to the rules. */
  override _destroy(error: Error | null, callback: SendCallback): void {
    this.#end(error instanceof ProtocolError ? 'destroy' : 'release')
    callback(error)
  }

  granted(frame: GrantFrame): void {
    this.#keptStatements = frame.statements && new KeptStatements(frame.statements)
    this.user.granted(frame)
    if (this.endsByAbort()) return
    const isRelayed = this.#state.is === 'open' && this.#state.path instanceof PortPath
    if (isRelayed && frame.socket === undefined) return this.#grantedAnew(frame)
    if (this.#state.is !== 'asking') throw new Error(`A lease was granted that is ${this.#state.is}`)
    const { port, held, isCancelled } = this.#state
    // The broker has taken it back meanwhile: why, the next frame tells.
    if (frame.socket !== undefined && !port.cell.claimDescriptor()) return
    let path: PortPath | SocketPath
    try {
      path = this.#pathOf(frame, this.#state)
    } catch (error) {
      return this.lost(error as Error)
    }
    this.#state = { is: 'open', port, path }
    // The broker has not listened to one that came after it handed over.
    if (isCancelled && path instanceof SocketPath) path.cancel()
    if (held !== undefined) path.send(held.chunk, held.done)
    if (frame.bytes !== undefined) this.received(frame.bytes)
  }

  /** The session of its connection could not be reset, and another serves what the broker has relayed. */
  #grantedAnew({ bytes }: GrantFrame): void {
    if (bytes !== undefined) this.received(bytes)
  }

  received(bytes: Uint8Array): void {
    this.#portPath.received(bytes)
  }

  acknowledged(bytes: number): void {
    this.#portPath.acknowledged(bytes)
  }

  cancelled(): void {
    if (this.#state.is === 'open' && this.#state.path instanceof SocketPath) this.#state.path.cancelled()
  }

  revoked({ error }: RevokeFrame): void {
    if (this.endsByAbort()) return
    this.#end('release')
    this.destroy(fromWire(error as Wire) as Error)
  }

  portClosed(): void {
    this.#end('release')
    this.destroy(brokerGone(this.#request.database))
  }

  notReset(port: LeasePort, first: Buffer, held: HeldWrite | undefined, isCancelled: boolean): void {
    this.#state = held === undefined ? { is: 'asking', port, first } : { is: 'asking', port, first, held }
    if (isCancelled) this.cancel()
  }

  /** The server has said that it closes the connection. */
  ends(lastWord: Error): void {
    if (this.#state.is === 'open' && this.#state.path instanceof SocketPath) this.#state.path.closed(lastWord)
    else this.lost(lastWord)
  }

  lost(cause: Error): void {
    this.destroy(connectionLost(this.#request.database, cause))
  }

  #open(chunk: Buffer, callback: SendCallback): void {
    if (!this.#link.isOpen) return void this.portClosed()
    if (this.#link.info === undefined) {
      this.#state = LINKING
      this.#link.ready().then(
        () => {
          if (this.#state.is !== 'linking') return
          if (this.endsByAbort()) callback()
          else this.#open(chunk, callback)
        },
        (error: Error) => this.destroy(error),
      )
      return
    }
    const request = this.#request
    const loan = this.#link.reopen(this, request)
    if (loan !== undefined) return this.#reopened(loan, chunk, callback)
    let port: LeasePort
    try {
      port = this.#link.takePort()
    } catch (error) {
      return void this.destroy(error as Error)
    }
    this.#state = { is: 'asking', port, first: chunk }
    this.#showOn(port)
    try {
      port.open(this, request, chunk)
    } catch (cause) {
      const message = `A lease was asked for with an option of a wrong type: ${(cause as Error).message}`
      return void this.destroy(new ConfigurationError(message, { cause }))
    }
    if (this.#notAwaited !== undefined) port.post(this.#notAwaited)
    callback()
  }

  #ask(port: LeasePort, path: PortPath, chunk: Buffer, callback: SendCallback): void {
    this.#state = { is: 'asking', port, first: chunk, relayed: path }
    path.ask(chunk)
    callback()
  }

  #pathOf(
    frame: GrantFrame,
    { port, first, relayed }: { port: LeasePort; first: Buffer; relayed?: PortPath },
  ): PortPath | SocketPath {
    const { socket, isAskable } = frame
    if (socket === undefined) {
      relayed?.refused()
      return relayed ?? new PortPath(port, this, first.byteLength, isAskable === true)
    }
    const loan = new SocketLoan(frame, port, this.#request, this.#link, relayed?.heldSince)
    const path = new SocketPath(loan, this)
    if (socket.session !== undefined) path.goesOn(socket.session)
    else path.begun(first, socket.reset)
    return path
  }

  #reopened(loan: SocketLoan, first: Buffer, callback: SendCallback): void {
    const path = new SocketPath(loan, this)
    this.#state = { is: 'open', port: loan.port, path }
    this.#showOn(loan.port)
    this.#keptStatements = loan.keptStatements
    this.user.granted(loan)
    if (this.#notAwaited !== undefined) loan.port.post(this.#notAwaited)
    path.begin(first, callback)
  }

  get #portPath(): PortPath {
    if (this.#state.is === 'open' && this.#state.path instanceof PortPath) return this.#state.path
    if (this.#state.is === 'asking' && this.#state.relayed !== undefined) return this.#state.relayed
    throw new Error('A frame came for a lease that does not go through its port')
  }

  #end(how: 'release' | 'destroy'): void {
    const state = this.#state
    this.#state = OVER
    if (state.is === 'open') state.path.release(how, this.#notAwaited === undefined && !this.#isAborted)
    else if (state.is === 'asking' && state.relayed !== undefined) state.relayed.release(how)
    else if (state.is === 'asking') state.port.end(how)
  }
}
