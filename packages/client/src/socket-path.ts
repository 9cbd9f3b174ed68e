import type { GrantedSocket, ReturnedSession } from './contract.js'
import type { LeasePath, PathUser, SendCallback } from './lease-path.js'
import type { LeasePort } from './lease-port.js'
import { PlainSocket } from './plain-socket.js'
import { ownBytes } from './port-channel.js'
import { ResetAnswer, ResetFailedError } from './protocol/reset-ahead.js'
import { SessionTracker } from './protocol/session-tracker.js'
import type { SessionCell } from './session-cell.js'
import { duplicate } from './socket-duplicate.js'

/** Whose bytes a `SocketPath` carries. */
export interface SocketUser extends PathUser {
  /** The session was not reset: the lease is to be granted another connection, where `first` is sent. */
  notReset(port: LeasePort, first: Buffer): void
  /** The lease cannot go on. */
  lost(cause: Error): void
}

/** A write that has to wait. */
interface Held {
  chunk: Buffer
  done: SendCallback
}

/**
 * The thread has the connection's socket itself for the time of the lease: a duplicate of its descriptor. The broker does
 * not read meanwhile. What it would know of the session from the bytes that pass, the tracker here knows, and tells at the
 * return.
 */
export class SocketPath implements LeasePath {
  readonly #port: LeasePort
  readonly #user: SocketUser
  readonly #socket: PlainSocket
  readonly #tracker = new SessionTracker()
  readonly #cell: SessionCell
  /** What the broker has sent for this lease; kept while a reset may fail in front of it. */
  #first: Buffer | undefined
  /** Set until the answer to the reset has come. What is written waits for that: it might have to be sent elsewhere. */
  #reset: ResetAnswer | undefined
  /** Whether a cancel may still arrive at the server. What is written waits for its end, not to be hit by it. */
  #isCancelling = false
  #held: Held | undefined
  /** Whether anything has been read. */
  #isRead = false
  #state: 'open' | 'lost' | 'over' = 'open'

  /**
   * @param first the bytes that were sent with the request.
   * @throws Error when the socket cannot be had.
   */
  constructor(granted: GrantedSocket, first: Buffer, port: LeasePort, user: SocketUser) {
    this.#port = port
    this.#user = user
    this.#cell = port.cell
    this.#tracker.sent(first)
    if (granted.isBehindReset) {
      this.#reset = new ResetAnswer()
      this.#first = first
    }
    this.#socket = new PlainSocket(duplicate(granted))
    this.#socket.onBytes = (bytes) => this.#receive(bytes)
    let cause: Error | undefined
    this.#socket.on('error', (error) => {
      cause = error
    })
    this.#socket.on('close', () => this.#lost(cause))
  }

  send(chunk: Buffer, done: SendCallback): void {
    if (this.#reset !== undefined || this.#isCancelling) this.#held = { chunk, done }
    else this.#write(chunk, done)
  }

  wanted(): void {
    this.#socket.resume()
  }

  cancel(): void {
    if (this.#isCancelling || this.#tracker.state !== 'busy') return
    this.#isCancelling = true
    this.#port.post('cancel and tell')
  }

  cancelled(): void {
    this.#isCancelling = false
    this.#writeHeld()
  }

  release(how: 'release' | 'destroy'): void {
    const session = this.#session()
    this.#state = 'over'
    // Closed when this returns, so nothing of this thread comes behind the return.
    this.#socket.destroy()
    this.#port.end({ back: how, session })
  }

  #write(chunk: Buffer, done: SendCallback): void {
    let count: number
    try {
      count = this.#tracker.sent(chunk)
    } catch (error) {
      return this.#user.lost(error as Error)
    }
    this.#cell.sends(count)
    const isSent = this.#socket.write(count === chunk.byteLength ? chunk : chunk.subarray(0, count))
    if (this.#tracker.terminated) this.#user.lost(new Error('The client has said goodbye to the server'))
    else if (isSent) done()
    else this.#socket.once('drain', done)
  }

  #writeHeld(): void {
    const held = this.#held
    if (held === undefined || this.#reset !== undefined || this.#isCancelling) return
    this.#held = undefined
    this.#write(held.chunk, held.done)
  }

  #receive(bytes: Buffer): void {
    this.#isRead = true
    let own: Buffer
    try {
      own = this.#afterReset(bytes)
      this.#tracker.received(own)
      this.#cell.receives(own.byteLength, this.#tracker)
    } catch (error) {
      if (error instanceof ResetFailedError && !this.#isCancelling) return this.#startAgain()
      return this.#lost(error as Error)
    }
    if (own.byteLength === 0) return
    // The buffer is the next read's as well.
    if (!this.#user.push(Buffer.from(own))) this.#socket.pause()
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
    this.#state = 'over'
    this.#socket.destroy()
    const first = this.#first!
    this.#port.post({ again: ownBytes(first) })
    this.#user.notReset(this.#port, first)
  }

  #lost(cause: Error | undefined): void {
    if (this.#state !== 'open') return
    this.#state = 'lost'
    this.#user.lost(cause ?? new Error('The server closed the connection'))
  }

  #session(): ReturnedSession {
    if (this.#state === 'lost') return 'lost'
    if (this.#reset !== undefined) return this.#isRead ? 'unknown' : 'untouched'
    if (this.#socket.writableLength > 0) return 'unknown'
    return this.#tracker.state === 'idle' && !this.#tracker.settingsReported ? 'idle' : this.#tracker.save()
  }
}
