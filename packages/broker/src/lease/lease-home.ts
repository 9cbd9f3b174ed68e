import type { LeaseRequest, NotAwaitedFrame } from '@pglease/client/internal'
import type { Counters } from '../common/statistics.js'
import type { Database } from '../connection/database-options.js'
import type { ServerConnection } from '../connection/server-connection.js'
import type { Waiter } from '../pool/waiters.js'
import type { KeptLease } from './kept-leases.js'

/** What a lease needs of its database, in whichever state it is. */
export interface LeaseHome {
  readonly database: Database
  readonly counters: Counters
  /** Whether others wait for the connections that are lent. */
  readonly isCrowded: boolean
  /** Puts it in the line for a connection; it may be served before this returns. */
  acquire(waiter: Waiter): void
  /** It leaves the line, in which it must be. */
  withdraw(waiter: Waiter): void
  /** Whether a worker may keep the connection's socket from this lease to its next. */
  mayKeep(request: LeaseRequest, connection: ServerConnection): boolean
  /** A worker has a socket that it may keep, until `unlent`. */
  lent(lease: KeptLease): void
  unlent(lease: KeptLease): void
  /** A thread's lease goes through this one, and the thread has not got its socket. */
  warnOfRelaying(connection: ServerConnection): void
  /** Whether a connection may not be lent again. */
  isSpent(connection: ServerConnection): boolean
}

/** The same, and what concerns the lease as a whole. */
export interface LeaseOwner<L> extends LeaseHome {
  /** The server has refused to write. */
  suspect(): void
  /** The lease is over. */
  forget(lease: L): void
  /** The lease is over: its connection is reset and lent again, or closed when its state cannot be known. */
  takeBack(lease: L, connection: ServerConnection, how: 'release' | 'destroy'): void
  /** The connection's last lease left a session that could not be reset; this one has seen nothing of it. */
  takeBackUnreset(lease: L, connection: ServerConnection): void
  warnOfLeak(lease: L): void
  warnOfNotAwaited(lease: L, frame: NotAwaitedFrame): void
}
