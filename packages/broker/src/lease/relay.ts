import { frameCost, ReceiveWindow, SendWindow, WINDOW_BYTES } from '@pglease/client/internal'
import type { Counters } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'

/** Where a relay's bytes and acknowledgements go: the broker's end of a lease port. */
export interface RelayPeer {
  bytes(chunk: Buffer): void
  acknowledge(bytes: number): void
}

/**
 * The bytes of a lease on their way through the broker: flow control, and what has to wait. Whatever is held here of what
 * the worker has written is not acknowledged, so a window bounds it.
 */
export class Relay {
  readonly #peer: RelayPeer
  readonly #counters: Counters
  /** What the worker has written while it could not be sent on. */
  #kept: Uint8Array[] = []
  /** What travels behind a reset: kept until that is answered. */
  #behindReset: Uint8Array[] | undefined
  #toWorker = new SendWindow()
  #fromWorker = new ReceiveWindow()
  /** What the worker has written and this has not acknowledged. Counted as the worker does: see `frameCost`. */
  #unacknowledged = 0
  /** Of that, what was given to the connection's socket, which has not sent it yet. */
  #undrained = 0
  /** Whether the worker knows that its bytes are relayed: it may have written more than its first since. */
  isGranted = false

  /** @param first the first bytes that the worker has written. */
  constructor(peer: RelayPeer, counters: Counters, first: Uint8Array) {
    this.#peer = peer
    this.#counters = counters
    this.arrived(first)
    this.keep(first)
  }

  /** Whether the worker may write: a window that is full is closed. */
  get hasRoom(): boolean {
    return this.#unacknowledged < WINDOW_BYTES
  }

  /** Whether the worker can acknowledge so many bytes. */
  awaits(bytes: number): boolean {
    return this.#toWorker.awaits(bytes)
  }

  /** The worker has written these bytes; they are kept or sent next. Of a part of a buffer all of it is in memory. */
  arrived(chunk: Uint8Array): void {
    this.#unacknowledged += frameCost(chunk.buffer.byteLength)
  }

  keep(chunk: Uint8Array): void {
    this.#kept.push(chunk)
  }

  takeKept(): Uint8Array[] {
    const kept = this.#kept
    this.#kept = []
    return kept
  }

  /** From here on what is sent may have to be sent again, until `resetDone`. */
  awaitReset(): void {
    this.#behindReset = []
  }

  /** The answer to the reset has come, and with it the first of this lease's own. */
  resetDone(): void {
    this.#behindReset = undefined
    this.drained()
  }

  /** A thread has the socket: nothing passes here any more. */
  stop(): void {
    this.#behindReset = undefined
    this.#undrained = 0
  }

  /** What was sent behind the reset is to be sent again. */
  startAgain(): void {
    this.#kept = [...(this.#behindReset ?? []), ...this.#kept]
    this.stop()
  }

  /** A thread that had the socket has none any more, and wants these bytes to be sent. Both sides count from here. */
  startAnew(first: Uint8Array): void {
    this.#toWorker = new SendWindow()
    this.#fromWorker = new ReceiveWindow()
    this.#unacknowledged = 0
    this.arrived(first)
    this.keep(first)
  }

  /**
   * @param needed what of the chunk the connection needs.
   * @throws ProtocolError
   */
  send(connection: ServerConnection, chunk: Uint8Array, needed = chunk): void {
    const bytes = chunk.byteLength
    this.#counters.bytesToServer += bytes
    const hasLeft = connection.send(needed)
    this.#behindReset?.push(chunk)
    if (hasLeft && this.#behindReset === undefined) this.#acknowledge(frameCost(bytes))
    else this.#undrained += frameCost(bytes)
  }

  /** What was sent has left the process. */
  drained(): void {
    if (this.#behindReset !== undefined) return
    const bytes = this.#undrained
    this.#undrained = 0
    this.#acknowledge(bytes)
  }

  received(connection: ServerConnection, chunk: Buffer): void {
    if (this.#behindReset !== undefined) this.resetDone()
    this.#counters.bytesFromServer += chunk.byteLength
    this.#toWorker.sent(chunk.byteLength)
    if (this.#toWorker.isFull) connection.pause()
    this.#peer.bytes(chunk)
  }

  acknowledged(connection: ServerConnection, bytes: number): void {
    const wasFull = this.#toWorker.isFull
    this.#toWorker.acknowledged(bytes)
    if (wasFull && !this.#toWorker.isFull) connection.resume()
  }

  #acknowledge(bytes: number): void {
    const due = this.#fromWorker.consumed(bytes)
    if (due === 0) return
    this.#unacknowledged -= due
    this.#peer.acknowledge(due)
  }
}
