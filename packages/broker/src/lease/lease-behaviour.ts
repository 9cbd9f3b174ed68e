import type { AgainFrame } from '@pglease/client/internal'
import type { SessionAtEnd } from './thread-socket.js'

/**
 * What a lease does in one of its states. A frame that means nothing in a state has crossed with the change to it, and is
 * dropped.
 */
export abstract class LeaseBehaviour {
  // From the worker.

  abstract write(chunk: Uint8Array): void

  /** These bytes are to be sent as any others; where that can be, the worker goes on by itself. */
  asksForSocket(chunk: Uint8Array): void {
    this.write(chunk)
  }

  /** The worker is done, or gone. */
  abstract release(how: 'release' | 'destroy', session: SessionAtEnd): void

  /** So many bytes that the broker has relayed are dealt with. */
  acknowledged(_bytes: number): void {}

  cancel(): void {}

  /** From a worker that has the socket. */
  cancelAndTell(): void {}

  /** It has found that its session was not reset. */
  notReset(_frame: AgainFrame): void {}

  // From the broker.

  /** Takes the lease back. */
  abstract revoke(error: Error): void

  /** Counts what a worker that has the socket has done meanwhile. */
  count(): void {}

  /** Whether the worker keeps the socket between two leases. */
  get isKept(): boolean {
    return false
  }
}
