import type { GrantedSocket, ServerProcess, SessionCell } from '@pglease/client/internal'
import type { RelayPeer } from './relay.js'

/** Where a lease's frames go: the broker's end of its lease port. */
export interface LeasePeer extends RelayPeer {
  /** For people: `thread 3`. */
  readonly thread: string
  readonly threadId: number
  /** Shared with the worker, which can have the connection's socket itself. Undefined where it shares none. */
  readonly cell: SessionCell | undefined
  /** Whether it can have one with TLS. */
  readonly speaksTls: boolean
  /** Whether it is the broker's own thread, which keeps no socket from one lease to its next, and where many lease. */
  readonly isMainThread: boolean
  /** Whether what its task waits for is not to be granted any more. */
  readonly isTaskAborted: boolean
  /**
   * The broker relays.
   * @param isAnswered whether the server will answer what it was sent: the grant may travel with that
   * @param isAskable whether the worker may ask for the socket later
   */
  granted(server: ServerProcess, isAnswered: boolean, isAskable: boolean): void
  /** Granted, and from here on the worker reads from the socket and writes to it. */
  handedOver(server: ServerProcess, socket: GrantedSocket): void
  /** A cancel that a worker asked for who has the socket is over. */
  cancelled(): void
  /** What the worker has kept between two leases is the broker's again. */
  taken(): void
  /** The lease is over from the broker's side. Called at the most once, and not after the worker's release. */
  revoked(error: Error): void
}
