import { type ConnectionUser, NOBODY } from '../connection/connection-user.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { LeaseBehaviour } from './lease-behaviour.js'
import type { LeaseContext } from './lease-context.js'
import type { SessionAtEnd, ThreadSocket } from './thread-socket.js'

/** What a lease does whose worker has the socket: nothing of the session is known until that comes back. */
export abstract class Away extends LeaseBehaviour implements ConnectionUser {
  protected readonly lease: LeaseContext
  protected readonly connection: ServerConnection
  protected readonly socket: ThreadSocket

  constructor(lease: LeaseContext, connection: ServerConnection, socket: ThreadSocket) {
    super()
    this.lease = lease
    this.connection = connection
    this.socket = socket
    connection.use(this)
  }

  /** The port's guard lets nothing through. */
  write(): never {
    throw new Error('A worker that has the socket does not write to its port')
  }

  override count(): void {
    const before = this.socket.countedAt
    // Its latest lease began after that.
    if (this.socket.count()) this.lease.heldSince = before
  }

  // From the connection, which is not read meanwhile.

  received(): void {}
  drained(): void {}
  abstract lost(cause: Error): void

  /** The socket is the broker's again, or the connection can only be closed. */
  protected takeBack(session: SessionAtEnd): void {
    this.count()
    this.connection.use(NOBODY)
    this.socket.end(session, this.lease.heldSince)
  }
}
