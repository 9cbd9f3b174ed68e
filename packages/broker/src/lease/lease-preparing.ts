import { ResetFailedError } from '@pglease/client/internal'
import { exchange } from '../connection/exchange.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { Granted } from './lease-granted.js'

/**
 * `preparing`
 * - Entry: it is granted a connection, and has options of its own.
 * - The connection is given these options. What the worker writes is kept.
 * - Exit: to `active` when that is done; to `waiting` when the session was not reset; to `over` when the connection is lost
 *   or refuses the options, and when the lease is released or revoked.
 */
export class Preparing extends Granted {
  /** @param settings statements. */
  begin(connection: ServerConnection, settings: readonly string[]): void {
    const { cancelTimeoutMillis } = this.lease.home.database
    exchange(connection, settings, cancelTimeoutMillis).then(
      () => {
        if (this.lease.state !== 'preparing') return
        if (this.lease.isOfAbortedTask) this.lease.abandoned()
        else this.lease.relays(connection)
      },
      (error: Error) => {
        if (this.lease.state !== 'preparing') return
        if (error instanceof ResetFailedError) this.lease.waitsAgain()
        else this.lease.lost(error)
      },
    )
  }

  write(chunk: Uint8Array): void {
    this.lease.relay.keep(chunk)
  }
}
