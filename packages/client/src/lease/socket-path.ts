import { behindReset, ResetAnswer, ResetFailedError, type ResetForm } from '../protocol/reset-ahead.js'
import { type SessionSnapshot, SessionTracker } from '../protocol/session-tracker.js'
import { MOST_POINTS } from '../protocol/sync-points.js'
import { ownBytes } from './channels.js'
import type { ReturnedSession } from './contract.js'
import type { HeldWrite, LeasePath, PathUser, SendCallback } from './lease-path.js'
import type { LeasePort } from './lease-port.js'
import type { LoanReader, SocketLoan } from './socket-loan.js'

/** Whose bytes a `SocketPath` carries. */
export interface SocketUser extends PathUser {
  /** The session was not reset: the lease is to be granted another connection, where `first` is sent. */
  notReset(port: LeasePort, first: Buffer): void
  /** The lease cannot go on. */
  lost(cause: Error): void
}

/**
 * The thread has the connection's socket itself for the time of the lease. The broker does not read meanwhile: what it
 * would know of the session from the bytes that pass, the tracker here knows, and tells when the socket goes back.
 */
export class SocketPath implements LeasePath, LoanReader {
  readonly #loan: SocketLoan
  readonly #user: SocketUser
  readonly #tracker = new SessionTracker()
  /** The lease's first bytes, kept while a reset may fail in front of them. */
  #first: Buffer | undefined
  /** Set until the answer to the reset has come. What is written waits for that: it might have to be sent elsewhere. */
  #reset: ResetAnswer | undefined
  /**
   * While one is `under way` it may still arrive at the server: what is written waits for its end, not to be hit by it.
   */
  #cancel: 'none' | 'under way' | 'over' = 'none'
  #held: HeldWrite | undefined
  /** Whether anything has been read. */
  #isRead = false
  #state: 'open' | 'lost' | 'over' = 'open'

  constructor(loan: SocketLoan, user: SocketUser) {
    this.#loan = loan
    this.#user = user
    loan.reader = this
  }

  /** The broker has sent the lease's first bytes, behind a reset or not. */
  begun(first: Buffer, reset: ResetForm | undefined): void {
    this.#tracker.sent(first)
    if (reset !== undefined) this.#expectReset(first, reset)
  }

  /** The broker has relayed the lease so far. */
  goesOn(session: SessionSnapshot): void {
    this.#tracker.restore(session)
  }

  /** Sends the lease's first bytes, behind the reset that the loan's last lease has left due. */
  begin(first: Buffer, done: SendCallback): void {
    this.#expectReset(first, 0)
    this.#loan.socket.resume()
    this.#write(first, done, true)
  }

  send(chunk: Buffer, done: SendCallback): void {
    if (this.#reset !== undefined || this.#cancel === 'under way') this.#held = { chunk, done }
    else this.#write(chunk, done)
  }

  wanted(): void {
    this.#loan.socket.resume()
  }

  cancel(): void {
    if (this.#cancel === 'under way' || this.#tracker.state !== 'busy') return
    this.#cancel = 'under way'
    this.#loan.port.post('cancel and tell')
  }

  cancelled(): void {
    this.#cancel = 'over'
    this.#writeHeld()
  }

  release(how: 'release' | 'destroy', mayKeep: boolean): void {
    const session = this.#session()
    this.#state = 'over'
    const isPlain = how === 'release' && session === 'idle' && this.#cancel === 'none'
    if (!mayKeep || !isPlain || !this.#loan.keep()) this.#loan.giveBack(how, session)
  }

  received(bytes: Buffer, isOwn: boolean): void {
    this.#isRead = true
    let own: Buffer
    try {
      own = this.#afterReset(bytes)
      this.#tracker.received(own)
      this.#loan.port.cell.receives(own.byteLength, this.#tracker)
    } catch (error) {
      if (error instanceof ResetFailedError && this.#cancel === 'none') return this.#startAgain()
      return this.closed(this.#reset === undefined ? (error as Error) : spoilt(error as Error))
    }
    if (own.byteLength === 0) return
    if (!this.#user.push(isOwn ? own : Buffer.from(own))) this.#loan.socket.pause()
  }

  closed(cause: Error | undefined): void {
    // A lease that was taken back loses its socket too, and the thread may see that first.
    this.#loan.port.readAhead()
    if (this.#state !== 'open') return
    this.#state = 'lost'
    this.#user.lost(cause ?? new Error('The server closed the connection'))
  }

  #expectReset(first: Buffer, form: ResetForm): void {
    this.#reset = new ResetAnswer(form)
    this.#first = first
  }

  #write(chunk: Buffer, done: SendCallback, isBehindReset = false): void {
    const { socket, port } = this.#loan
    let count: number
    try {
      count = this.#tracker.sent(chunk)
    } catch (error) {
      return this.#user.lost(error as Error)
    }
    port.cell.sends(count)
    const bytes = count === chunk.byteLength ? chunk : chunk.subarray(0, count)
    const isSent = socket.write(isBehindReset ? behindReset(bytes, this.#tracker.owed > 0) : bytes)
    if (this.#tracker.terminated) this.#user.lost(new Error('The client has said goodbye to the server'))
    else if (isSent) done()
    else socket.once('drain', done)
  }

  #writeHeld(): void {
    const held = this.#held
    if (held === undefined || this.#reset !== undefined || this.#cancel === 'under way') return
    this.#held = undefined
    this.#write(held.chunk, held.done)
  }

  /** What of the bytes is not the answer to the reset. */
  #afterReset(bytes: Buffer): Buffer {
    if (this.#reset === undefined) return bytes
    const end = this.#reset.take(bytes)
    if (end === -1) return bytes.subarray(bytes.byteLength)
    this.#reset = undefined
    this.#first = undefined
    this.#writeHeld()
    return bytes.subarray(end)
  }

  #startAgain(): void {
    const first = this.#first!
    const { port } = this.#loan
    this.#state = 'over'
    this.#loan.startAgain(first)
    this.#user.notReset(port, first)
  }

  #session(): ReturnedSession {
    if (this.#state === 'lost') return 'lost'
    if (this.#loan.socket.writableLength > 0) return 'unknown'
    if (this.#reset !== undefined) return this.#beforeReset()
    if (this.#tracker.state === 'idle' && !this.#tracker.settingsReported) return 'idle'
    const session = this.#tracker.save()
    return session.conversation.points.length > MOST_POINTS ? 'unknown' : session
  }

  /** Where the session stands whose reset is not answered. Answers may be held back until the query behind it is done. */
  #beforeReset(): ReturnedSession {
    if (this.#isRead || this.#tracker.terminated) return 'unknown'
    return this.#loan.isReopened ? { behindReset: ownBytes(this.#first!) } : 'untouched'
  }
}

/** What has come was for whoever had the session before: nobody here is to blame for it. */
function spoilt(cause: Error): Error {
  return new Error('The session was not as its last user had told', { cause })
}
