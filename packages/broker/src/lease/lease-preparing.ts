import { ResetFailedError } from '@pglease/client/internal'
import { exchange } from '../connection/exchange.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { LeaseBehaviour } from './lease-behaviour.js'
import type { LeaseContext } from './lease-context.js'

/**
 * `preparing`
 * - Entry: it is granted a connection, and has options of its own.
 * - The connection is given these options. What the worker writes is kept.
 * - Exit: to `active` when that is done; to `waiting` when the session was not reset; to `over` when the connection is lost
 *   or refuses the options, and when the lease is released or revoked.
 */
export class Preparing extends LeaseBehaviour {
  readonly #lease: LeaseContext

  constructor(lease: LeaseContext) {
    super()
    this.#lease = lease
  }

  /** @param settings statements. */
  begin(connection: ServerConnection, settings: readonly string[]): void {
    const { cancelTimeoutMillis } = this.#lease.home.database
    exchange(connection, settings, cancelTimeoutMillis).then(
      () => {
        if (this.#lease.state === 'preparing') this.#lease.relays(connection)
      },
      (error: Error) => {
        if (this.#lease.state !== 'preparing') return
        if (error instanceof ResetFailedError) this.#lease.waitsAgain()
        else this.#lease.lost(error)
      },
    )
  }

  write(chunk: Uint8Array): void {
    this.#lease.relay.keep(chunk)
  }

  release(how: 'release' | 'destroy'): void {
    this.#lease.end(how)
  }

  revoke(error: Error): void {
    this.#lease.countRevoked()
    this.#lease.end('release')
    this.#lease.peer.revoked(error)
  }
}
