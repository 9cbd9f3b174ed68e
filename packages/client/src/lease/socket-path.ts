import { ErrorResponse } from '../protocol/backend-types.js'
import { flushMessage, syncMessage } from '../protocol/messages.js'
import { ResetAnswer, ResetFailedError, type ResetForm } from '../protocol/reset-ahead.js'
import { type SessionSnapshot, SessionTracker } from '../protocol/session-tracker.js'
import { MOST_POINTS } from '../protocol/sync-points.js'
import { ownBytes } from './channels.js'
import type { ReturnedSession } from './contract.js'
import type { HeldWrite, LeasePath, PathUser, SendCallback } from './lease-path.js'
import type { LeasePort } from './lease-port.js'
import type { LoanReader, SocketLoan } from './socket-loan.js'

/** Whose bytes a `SocketPath` carries. */
export interface SocketUser extends PathUser {
  /**
   * The session was not reset, or is gone: the lease is to be granted another connection, where `first` is sent.
   * @param held what is to be sent behind it.
   * @param isCancelled whether it is to be cancelled.
   */
  notReset(port: LeasePort, first: Buffer, held: HeldWrite | undefined, isCancelled: boolean): void
  /** The lease cannot go on. */
  lost(cause: Error): void
}

/** A reset whose answer comes first. What is written waits for that: it might have to be sent elsewhere. */
interface ComingReset {
  readonly answer: ResetAnswer
  /** The lease's first bytes. */
  readonly first: Buffer
  /** Whether they travel behind the reset. A Sync does else, and they wait for its answer as well. */
  readonly isSent: boolean
  /** Whether those that wait are to be cancelled. */
  isCancelled: boolean
}

/**
 * The thread has the connection's socket itself for the time of the lease. The broker does not read meanwhile: what it
 * would know of the session from the bytes that pass, the tracker here knows, and tells when the socket goes back.
 */
export class SocketPath implements LeasePath, LoanReader {
  readonly #loan: SocketLoan
  readonly #user: SocketUser
  readonly #tracker = new SessionTracker()
  #reset: ComingReset | undefined
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
    if (reset !== undefined) this.#expectReset(first, new ResetAnswer(reset), true)
  }

  /** The broker has relayed the lease so far. */
  goesOn(session: SessionSnapshot): void {
    this.#tracker.restore(session)
  }

  /** Sends the lease's first bytes, behind the reset at the end of the loan's last lease. */
  begin(first: Buffer, done: SendCallback): void {
    const { isSynced, resetForm, socket } = this.#loan
    this.#expectReset(first, new ResetAnswer(resetForm, isSynced), !isSynced)
    socket.resume()
    if (isSynced) this.#held = { chunk: first, done }
    else this.#write(first, done, true)
  }

  send(chunk: Buffer, done: SendCallback): void {
    if (this.#reset !== undefined || this.#cancel === 'under way') this.#held = { chunk, done }
    else this.#write(chunk, done)
  }

  wanted(): void {
    this.#loan.socket.resume()
  }

  cancel(): void {
    if (this.#reset?.isSent === false) this.#reset.isCancelled = true
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
    if (mayKeep && isPlain) this.#loan.keep()
    else this.#loan.giveBack(how, session)
  }

  received(bytes: Buffer, isOwn: boolean): void {
    this.#isRead = true
    const before = this.#reset
    let own: Buffer
    try {
      own = this.#afterReset(bytes)
      this.#tracker.received(own)
      this.#loan.port.cell.receives(own.byteLength, this.#tracker)
    } catch (error) {
      if (error instanceof ResetFailedError && this.#cancel === 'none') return this.#startAgain(this.#reset!)
      return this.closed(this.#reset === undefined ? (error as Error) : spoilt(error as Error))
    }
    if (before !== undefined && this.#reset === undefined) this.#resetDone(before)
    // What has waited for that may have ended it.
    if (own.byteLength === 0 || this.#state !== 'open') return
    if (!this.#user.push(isOwn ? own : Buffer.from(own))) this.#loan.socket.pause()
  }

  closed(cause: Error | undefined): void {
    // A lease that was taken back loses its socket too, and the thread may see that first.
    this.#loan.port.readAhead()
    if (this.#state !== 'open') return
    if (this.#reset?.isSent === false) return this.#startAgain(this.#reset)
    this.#state = 'lost'
    this.#user.lost(cause ?? new Error('The server closed the connection'))
  }

  #expectReset(first: Buffer, answer: ResetAnswer, isSent: boolean): void {
    this.#reset = { answer, first, isSent, isCancelled: false }
  }

  /** @param isBehindReset of which the server is asked for the answer, where the chunk brings none. */
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
    const asks = isBehindReset && this.#tracker.owed === 0
    const isSent = socket.write(asks ? Buffer.concat([flushMessage, bytes]) : bytes)
    if (this.#tracker.terminated) this.#user.lost(new Error('The client has said goodbye to the server'))
    else if (isSent) done()
    else socket.once('drain', done)
  }

  #writeHeld(): void {
    const held = this.#held
    if (held === undefined || this.#reset !== undefined || this.#cancel === 'under way') return
    this.#held = undefined
    if (this.#user.endsByAbort()) held.done()
    else this.#write(held.chunk, held.done)
  }

  /** What of the bytes is not the answer to the reset. */
  #afterReset(bytes: Buffer): Buffer {
    if (this.#reset === undefined) return bytes
    const { answer, isSent } = this.#reset
    const end = answer.take(bytes)
    if (end === -1) return bytes.subarray(bytes.byteLength)
    // A server that goes away says so between two leases as well.
    if (!isSent && bytes[end] === ErrorResponse)
      throw new ResetFailedError('The server closes the connection')
    this.#reset = undefined
    return bytes.subarray(end)
  }

  #resetDone({ isCancelled }: ComingReset): void {
    this.#writeHeld()
    if (isCancelled) this.cancel()
  }

  #startAgain({ first, isSent, isCancelled }: ComingReset): void {
    const { port } = this.#loan
    const held = this.#held
    this.#held = undefined
    this.#state = 'over'
    this.#loan.startAgain(first)
    this.#user.notReset(port, first, isSent ? held : undefined, isCancelled)
    if (!isSent) held?.done()
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
    if (!this.#loan.isReopened) return 'untouched'
    const { first, isSent } = this.#reset!
    return { behindReset: ownBytes(isSent ? first : syncMessage) }
  }
}

/** What has come was for whoever had the session before: nobody here is to blame for it. */
function spoilt(cause: Error): Error {
  return new Error('The session was not as its last user had told', { cause })
}
