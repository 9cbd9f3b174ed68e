import { Socket } from 'node:net'

/**
 * What one read takes at the most. A Unix socket of Linux holds about 200 KiB: one read empties it, and the thread is
 * woken the less.
 */
const READ_BYTES = 256 * 1024

/** Of a buffer that is given away. With twice as many a COPY out is slower by a tenth: they are not in the cache. */
const OWN_READ_BYTES = 128 * 1024

/** A read of this many bytes is likely to be followed by another as large. */
const LARGE_BYTES = 32 * 1024

/** For small reads: each is handled before the next one, whichever socket it is of. */
export const commonBuffer = Buffer.allocUnsafeSlow(READ_BYTES)

function plainBuffer(latest: number): Buffer {
  return latest < LARGE_BYTES ? commonBuffer : Buffer.allocUnsafeSlow(OWN_READ_BYTES)
}

/**
 * Called with what was read.
 * @param isOwn whether the bytes are the listener's; else they are good until it returns.
 */
export type BytesListener = (bytes: Buffer, isOwn: boolean) => void

/**
 * A socket without a readable stream on top: it hands out each read as it comes, and stops reading as soon as it is
 * paused. It allocates nothing for small reads; behind a large one the next has a buffer to give away, because to copy so
 * much would cost more.
 */
export class PlainSocket extends Socket {
  /** At first pg's client listens, as to any stream. */
  onBytes: BytesListener = (bytes) => this.emit('data', Buffer.from(bytes))

  /**
   * @param fd of a connected socket, which is this one's from now on and which it reads at once.
   * @param nextBuffer what the next read goes to; `latest` is how many bytes the one before has brought.
   */
  constructor(fd?: number, nextBuffer = plainBuffer) {
    let latest = 0
    const callback = (count: number, filled: Buffer) => {
      latest = count
      this.received(filled.subarray(0, count), filled !== commonBuffer)
      return true
    }
    super({ fd, onread: { buffer: () => nextBuffer(latest), callback } } as object)
  }

  protected received(bytes: Buffer, isOwn: boolean): void {
    this.onBytes(bytes, isOwn)
  }
}
