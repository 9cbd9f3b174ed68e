import { ReceiveWindow, SendWindow } from './flow-window.js'
import type { LeasePath, PathUser, SendCallback } from './lease-path.js'
import type { LeasePort } from './lease-port.js'

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

  /** @param sent the bytes that were posted before. */
  constructor(port: LeasePort, user: PathUser, sent: number) {
    this.#port = port
    this.#user = user
    this.#sending.sent(sent)
  }

  send(chunk: Buffer, done: SendCallback): void {
    if (this.#sending.isFull) {
      this.#held = () => this.send(chunk, done)
      return
    }
    this.#port.send(chunk)
    this.#sending.sent(chunk.byteLength)
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
    this.#port.end(how)
  }

  #acknowledge(bytes: number): void {
    const due = this.#receiving.consumed(bytes)
    if (due > 0) this.#port.post(due)
  }
}
