/**
 * Flow control in one direction of a lease port. The sender stops when a window of bytes is unacknowledged; the
 * receiver acknowledges in quarters of a window, so small answers cost no acknowledgement at all.
 */
export const WINDOW_BYTES = 1024 * 1024

const ACKNOWLEDGE_BYTES = WINDOW_BYTES / 4

/** What a small frame takes in the memory of the thread that it waits in. */
const FRAME_BYTES = 512

/** What a frame to the broker counts as: so a window bounds the memory of the smallest ones as well. */
export function frameCost(bytes: number): number {
  return Math.max(bytes, FRAME_BYTES)
}

/** The sender's half. */
export class SendWindow {
  /** Bytes posted and not yet acknowledged. */
  #unacknowledged = 0

  /** Whether so many bytes can be acknowledged: no more than are not yet. */
  awaits(bytes: number): boolean {
    return bytes <= this.#unacknowledged
  }

  get isFull(): boolean {
    return this.#unacknowledged >= WINDOW_BYTES
  }

  sent(bytes: number): void {
    this.#unacknowledged += bytes
  }

  acknowledged(bytes: number): void {
    this.#unacknowledged -= bytes
  }
}

/** The receiver's half. */
export class ReceiveWindow {
  /** Bytes dealt with and not yet acknowledged; always below `ACKNOWLEDGE_BYTES`. */
  #dealtWith = 0

  /** Counts bytes as dealt with; returns how many to acknowledge now, mostly 0. */
  consumed(bytes: number): number {
    this.#dealtWith += bytes
    if (this.#dealtWith < ACKNOWLEDGE_BYTES) return 0
    const due = this.#dealtWith
    this.#dealtWith = 0
    return due
  }
}
