import { Socket } from 'node:net'

/**
 * What one read takes at the most. A Unix socket of Linux holds about 200 KiB: one read empties it, and the thread is
 * woken the less.
 */
const READ_BYTES = 256 * 1024

/** Each read is handled before the next one, whichever socket it is of. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES)

/**
 * A socket without a readable stream on top: it hands out each read as it comes, allocates nothing for it, and stops
 * reading as soon as it is paused.
 */
export class PlainSocket extends Socket {
  /** Called with what was read: good until it returns. At first pg's client listens, as to any stream. */
  onBytes: (bytes: Buffer) => void = (bytes) => this.emit('data', Buffer.from(bytes))

  /** @param fd of a connected socket, which is this one's from now on and which it reads at once. */
  constructor(fd?: number) {
    const callback = (count: number) => {
      this.onBytes(readBuffer.subarray(0, count))
      return true
    }
    super({ fd, onread: { buffer: readBuffer, callback } } as object)
  }
}
