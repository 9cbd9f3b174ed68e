import { ownBytes } from './channels.js'
import { frameCost, ReceiveWindow, SendWindow } from './flow-window.js'
import type { LeasePath, PathUser, SendCallback } from './lease-path.js'
import type { LeasePort } from './lease-port.js'

/**
 * So many writes go through the broker before a thread asks for the socket: to take it costs about as much as that. Where
 * others wait for a connection, a lease of one query or two is over sooner so.
 */
const WRITES_BEFORE_ASKING = 2

/** The bytes go through the lease port, and the broker writes them to the connection. */
export class PortPath implements LeasePath {
  readonly #port: LeasePort
  readonly #user: PathUser
  readonly #sending = new SendWindow()
  readonly #receiving = new ReceiveWindow()
  /** Bytes that the client has not taken. */
  #untaken = 0
  /** The write that waits for the window to open. */
  #held: SendCallback | undefined
  /** Whether the socket may be asked for. */
  readonly #isAskable: boolean
  /** Since it was last asked for. */
  #writes = 0
  /** `over` once the lease is released: the port may carry another. */
  #state: 'open' | 'over' = 'open'
  /** On the clock of `performance.now()`. */
  readonly heldSince = performance.now()

  /** @param sent the bytes that were posted before. */
  constructor(port: LeasePort, user: PathUser, sent: number, isAskable: boolean) {
    this.#port = port
    this.#user = user
    this.#isAskable = isAskable
    this.#sent(sent)
  }

  /** Whether the next write is to ask for the socket. */
  get asks(): boolean {
    return this.#isAskable && this.#writes >= WRITES_BEFORE_ASKING && !this.#sending.isFull
  }

  /** Sends bytes, and asks for the socket. */
  ask(chunk: Buffer): void {
    this.#port.post({ ask: ownBytes(chunk) })
    this.#sent(chunk.byteLength)
  }

  /** The socket is not to be had now. */
  refused(): void {
    this.#writes = 0
  }

  send(chunk: Buffer, done: SendCallback): void {
    if (this.#sending.isFull) {
      this.#held = () => (this.#user.endsByAbort() ? done() : this.send(chunk, done))
      return
    }
    this.#port.send(chunk)
    this.#sent(chunk.byteLength)
    if (this.#sending.isFull) this.#held = done
    else done()
  }

  acknowledged(bytes: number): void {
    this.#sending.acknowledged(bytes)
    if (this.#sending.isFull) return
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  received(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.#user.push(chunk)) this.#acknowledge(chunk.byteLength)
    else this.#untaken += chunk.byteLength
  }

  wanted(): void {
    if (this.#untaken === 0) return
    const taken = this.#untaken
    this.#untaken = 0
    this.#acknowledge(taken)
  }

  cancel(): void {
    this.#port.post('cancel')
  }

  release(how: 'release' | 'destroy'): void {
    this.#state = 'over'
    this.#port.end(how)
  }

  #sent(bytes: number): void {
    this.#sending.sent(frameCost(bytes))
    this.#writes++
  }

  /** What the client takes may be the last of the lease, which it has released meanwhile. */
  #acknowledge(bytes: number): void {
    if (this.#state === 'over') return
    const due = this.#receiving.consumed(bytes)
    if (due > 0) this.#port.post(due)
  }
}
