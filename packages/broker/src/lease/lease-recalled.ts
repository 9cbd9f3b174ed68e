import { Away } from './lease-away.js'
import type { SessionAtEnd } from './thread-socket.js'

/** How long a thread has to return the socket of a lease that is taken back. */
const RECALL_MILLIS = 100

/**
 * `recalled`
 * - Entry: the lease is revoked while the worker holds it, and has the socket.
 * - The broker waits a little for the socket. A thread that does not hear of it, because it computes, keeps nobody waiting.
 * - Exit: to `over` when the socket comes back or is lost, and when the time is over: then the connection is closed.
 */
export class Recalled extends Away {
  #timer: NodeJS.Timeout | undefined

  begin(): void {
    this.#timer = setTimeout(() => this.release('release', 'not returned'), RECALL_MILLIS)
  }

  release(how: 'release' | 'destroy', session: SessionAtEnd): void {
    clearTimeout(this.#timer)
    this.takeBack(session)
    this.lease.end(how)
  }

  /** Its holder has been told already. */
  revoke(): void {}

  lost(): void {
    this.release('release', 'not returned')
  }
}
