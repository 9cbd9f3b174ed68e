import { ReceiveWindow, SendWindow } from '@pglease/client/internal'
import type { Counters } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'

/** Where a relay's bytes and acknowledgements go: the broker's end of a lease port. */
export interface RelayPeer {
  bytes(chunk: Buffer): void
  acknowledge(bytes: number): void
}

/** The bytes of a lease on their way through the broker: flow control, and what has to wait. */
export class Relay {
  readonly #peer: RelayPeer
  readonly #counters: Counters
  /** What the worker has written while it could not be sent on; bounded by the worker's window. */
  #kept: Uint8Array[]
  /** What travels behind a reset: kept until that is answered, and not acknowledged, so bounded as well. */
  #behindReset: Uint8Array[] | undefined
  readonly #toWorker = new SendWindow()
  readonly #fromWorker = new ReceiveWindow()
  /** Bytes given to the socket that it has not sent yet. */
  #undrained = 0
  /** Whether the worker knows that its bytes are relayed: it may have written more than its first since. */
  isGranted = false

  /** @param first the first bytes that the worker has written. */
  constructor(peer: RelayPeer, counters: Counters, first: Uint8Array) {
    this.#peer = peer
    this.#counters = counters
    this.#kept = [first]
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

  /** @throws ProtocolError */
  send(connection: ServerConnection, chunk: Uint8Array): void {
    const bytes = chunk.byteLength
    this.#counters.bytesToServer += bytes
    const hasLeft = connection.send(chunk)
    this.#behindReset?.push(chunk)
    if (hasLeft && this.#behindReset === undefined) this.#acknowledge(bytes)
    else this.#undrained += bytes
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
    if (due > 0) this.#peer.acknowledge(due)
  }
}
