import type { MessagePort, TransferListItem } from 'node:worker_threads'

/** What a lease needs of its transport: frames in order, both ways, and the news that the other side is gone. */
export interface FrameChannel<In, Out> {
  /** Called for each frame. Set before the first can arrive. */
  onFrame: (frame: In) => void
  /** Called once, when either side has closed or the other thread has ended. */
  onClose: () => void
  post(frame: Out): void
  /** Posts bytes that stay the caller's. */
  postCopy(chunk: Uint8Array): void
  /** Keeps the thread alive while it waits for an answer. */
  ref(): void
  unref(): void
  close(): void
}

/**
 * A copy of at least this many bytes is moved to the other thread, fewer are copied again: moving detaches and
 * re-attaches a buffer at a fixed price, copying is cheap while it stays in the cache.
 */
const TRANSFER_BYTES = 16 * 1024

/** Frames over a MessagePort. The only place that knows of one. */
export class PortChannel<In, Out> implements FrameChannel<In, Out> {
  onFrame: (frame: In) => void = unexpected
  onClose: () => void = () => {}
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (frame: In) => this.onFrame(frame))
    port.on('close', () => this.onClose())
    port.unref()
  }

  post(frame: Out): void {
    this.#port.postMessage(frame)
  }

  postCopy(chunk: Uint8Array): void {
    const own = new Uint8Array(chunk)
    if (own.byteLength < TRANSFER_BYTES) this.#port.postMessage(own)
    else this.#port.postMessage(own, [own.buffer as unknown as TransferListItem])
  }

  ref(): void {
    this.#port.ref()
  }

  unref(): void {
    this.#port.unref()
  }

  close(): void {
    this.#port.close()
  }
}

/** The same bytes in a buffer of their own: posting a view posts all the memory behind it. */
export function ownBytes(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk)
}

function unexpected(): never {
  throw new Error('A frame arrived before anyone listened')
}
