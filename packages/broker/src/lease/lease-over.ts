import { LeaseBehaviour } from './lease-behaviour.js'
import type { SessionAtEnd, ThreadSocket } from './thread-socket.js'

/**
 * `over`
 * - Entry: the lease has ended, whoever ended it. Its connection is the pool's affair.
 * - A worker that has the socket of a lease that was taken back may still return it.
 * - Exit: none.
 */
export class Over extends LeaseBehaviour {
  readonly #socket: ThreadSocket | undefined

  constructor(socket: ThreadSocket | undefined) {
    super()
    this.#socket = socket
  }

  write(): void {}

  release(_how: 'release' | 'destroy', session: SessionAtEnd): void {
    if (session !== 'not returned') this.#socket?.endLate()
  }

  revoke(): void {}
}

/** Of a lease whose socket nobody has. */
export const OVER = new Over(undefined)
