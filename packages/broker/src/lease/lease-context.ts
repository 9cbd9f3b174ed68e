import type { GrantedSocket, LeaseRequest, ReopenedLease } from '@pglease/client/internal'
import type { ServerConnection } from '../connection/server-connection.js'
import type { LeaseHome } from './lease-home.js'
import type { LeasePeer } from './lease-peer.js'
import type { LeaseState } from './lease-state.js'
import type { Relay } from './relay.js'

/** What the states of a lease share, and the ways from one to another. */
export interface LeaseContext {
  readonly home: LeaseHome
  readonly peer: LeasePeer
  /** Holds what the worker has written and nobody has sent yet. */
  readonly relay: Relay
  readonly request: LeaseRequest
  readonly state: LeaseState
  /** When it was granted, or its holder's latest lease began as far as is known. */
  heldSince: number
  /** The worker has begun a lease with the socket that it had kept, and it is ending now. */
  reopened(lease: ReopenedLease): void
  /** To `preparing` or `active`. */
  granted(connection: ServerConnection, waitedMillis: number): void
  /** To `active`. */
  relays(connection: ServerConnection): void
  /** Whether it is of a task that is aborted, of which its thread may not have heard. */
  readonly isOfAbortedTask: boolean
  /** To `over`: what it asks for it is not to get. The worker is told. */
  abandoned(): void
  /** From `active` to `cancelling`, or back. */
  isCancelling(value: boolean): void
  /** To `handed-over`. False where the worker cannot have the socket now. */
  handsOver(connection: ServerConnection, how: Pick<GrantedSocket, 'reset' | 'session'>): boolean
  /** To `recalled`. */
  recalls(): void
  /** To `waiting`: the session was not reset, so the server has looked at nothing of what was sent. */
  waitsAgain(): void
  /** To `over`: what the worker has kept between two leases is the broker's again. It is told. */
  taken(): void
  /** To `over`. */
  end(how: 'release' | 'destroy'): void
  /** To `over`: it was never granted. @param error what its holder is told; undefined where that has given up. */
  endsUngranted(error: Error | undefined): void
  /** To `over`, because the connection is gone. The worker is told. */
  lost(cause: Error): void
  /** It is taken back, with this error for its holder. */
  countRevoked(error: Error): void
  /** Cancels what runs on the lease's connection. Settles when the cancel is over, or may come at any time. */
  sendCancel(): Promise<void>
}
