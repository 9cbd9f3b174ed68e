import type { AgainFrame, GrantedSocket } from '@pglease/client/internal'
import type { KeptLease } from './kept-leases.js'
import { Away } from './lease-away.js'
import type { SessionAtEnd } from './thread-socket.js'

/**
 * `handed-over`
 * - Entry: the worker is granted the connection's socket.
 * - It reads and writes by itself, and may keep the socket from one lease to its next, behind a reset that it sends. The
 *   broker takes back what is kept when somebody else wants it, or the worker has not used it for long.
 * - Exit: to `over` when the socket is given back, taken or lost; to `recalled` when the lease is revoked while the worker
 *   holds it; to `waiting` when the worker has found that the session was not reset.
 */
export class HandedOver extends Away implements KeptLease {
  #isCancelling = false

  begin(socket: Omit<GrantedSocket, 'keepMillis'>): void {
    const { home, peer, request } = this.lease
    // On the main thread the figures are to be right as soon as a lease is over, and a crossing is cheap.
    const mayKeep = !peer.isMainThread && home.mayKeep(request, this.connection)
    if (mayKeep) home.lent(this)
    const keepMillis = mayKeep ? home.database.validateAfterIdleMillis : 0
    peer.handedOver(this.connection, { ...socket, keepMillis })
  }

  /** The worker holds back what it writes until it is told that the cancel is over. */
  override cancelAndTell(): void {
    // It asks once, and is told of the same end however often it asks.
    if (this.#isCancelling) return
    this.#isCancelling = true
    const tell = () => {
      this.#isCancelling = false
      if (this.lease.state === 'handed-over') this.lease.peer.cancelled()
    }
    this.lease.sendCancel().then(tell, tell)
  }

  override notReset({ again, reopened }: AgainFrame): void {
    if (reopened !== undefined) this.lease.reopened(reopened)
    this.#leave('unknown')
    this.lease.relay.startAnew(again)
    this.lease.waitsAgain()
  }

  release(how: 'release' | 'destroy', session: SessionAtEnd): void {
    if (this.take()) return
    this.#leave(session)
    this.lease.end(how)
  }

  revoke(error: Error): void {
    this.want()
    if (this.lease.state !== 'handed-over') return
    this.lease.countRevoked(error)
    this.lease.home.unlent(this)
    this.lease.recalls()
    this.lease.peer.revoked(error)
  }

  lost(cause: Error): void {
    this.#leave('not returned')
    this.lease.lost(cause)
  }

  override get isKept(): boolean {
    return this.socket.isKept
  }

  want(): void {
    this.socket.want()
    this.take()
  }

  take(): boolean {
    const session = this.socket.take()
    if (session === undefined) return false
    this.#leave(session)
    this.lease.taken()
    return true
  }

  look(patienceMillis: number): void {
    const { socket, lease } = this
    this.count()
    if (lease.home.isSpent(this.connection)) return this.want()
    const mostMillis = socket.isKeptSynced ? lease.home.database.validateAfterIdleMillis : patienceMillis
    if (performance.now() - socket.usedAt >= mostMillis) this.take()
  }

  #leave(session: SessionAtEnd): void {
    this.lease.home.unlent(this)
    this.takeBack(session)
  }
}
