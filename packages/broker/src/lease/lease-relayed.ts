import { ProtocolError } from '@pglease/client'
import { ResetFailedError } from '@pglease/client/internal'
import type { ConnectionUser } from '../connection/connection-user.js'
import type { ServerConnection } from '../connection/server-connection.js'
import { withoutKeptParse } from './kept-parse.js'
import type { LeaseContext } from './lease-context.js'
import { saidGoodbye } from './lease-errors.js'
import { Granted } from './lease-granted.js'
import { isLendable } from './thread-socket.js'

/**
 * `active`, and `cancelling`
 * - Entry: the connection is ready. What the worker has written is sent, and it gets the socket if it can have it.
 * - The broker relays, both ways. While a cancel is under way it keeps what the worker writes, so that the cancel cannot hit
 *   the next query.
 * - Exit: to `handed-over` at once, or when the worker asks for the socket; to `waiting` when the session was not reset; to
 *   `over` when the connection is lost, the client says goodbye or something that is no message, and when the lease is
 *   released or revoked.
 */
export class Relayed extends Granted implements ConnectionUser {
  readonly #connection: ServerConnection

  constructor(lease: LeaseContext, connection: ServerConnection) {
    super(lease)
    this.#connection = connection
  }

  begin(): void {
    const { relay, home } = this.lease
    const connection = this.#connection
    const isBehindReset = connection.reset === 'due'
    const isRelayed = relay.isGranted
    connection.use(this)
    // Nor is anything acknowledged before the grant.
    relay.awaitReset()
    this.#sendFirst()
    if (this.lease.state !== 'active') return
    const how = { reset: connection.resetForm }
    if (!isRelayed && !home.isCrowded && this.lease.handsOver(connection, how)) return
    if (!this.lease.peer.isMainThread) home.warnOfRelaying(connection)
    // A worker may have had the socket before.
    connection.resume()
    // What else it has sent may not be answered before more of it comes.
    this.#grant(!isRelayed && connection.tracker.owed > 0)
    if (!isBehindReset) relay.resetDone()
  }

  write(chunk: Uint8Array): void {
    if (this.lease.state === 'active') this.#send(chunk)
    else if (this.lease.state === 'cancelling') this.lease.relay.keep(chunk)
  }

  override acknowledged(bytes: number): void {
    this.lease.relay.acknowledged(this.#connection, bytes)
  }

  override asksForSocket(chunk: Uint8Array): void {
    this.write(chunk)
    const { state } = this.lease
    if (state === 'over') return
    const { reset, tracker } = this.#connection
    const isSettled = state === 'active' && reset === 'done'
    const how = () => ({ reset: undefined, session: tracker.save() })
    if (!isSettled || !this.lease.handsOver(this.#connection, how())) this.#grant(false)
  }

  override cancel(): void {
    if (this.lease.state !== 'active' || this.#connection.tracker.state !== 'busy') return
    this.lease.isCancelling(true)
    const goOn = () => {
      if (this.lease.state !== 'cancelling') return
      this.lease.isCancelling(false)
      this.#sendKept()
    }
    // One that may still come can hit this lease's own next query, and its connection is not lent again.
    this.lease.sendCancel().then(goOn, goOn)
  }

  // From the connection.

  received(chunk: Buffer): void {
    this.lease.relay.received(this.#connection, chunk)
  }

  drained(): void {
    this.lease.relay.drained()
  }

  lost(cause: Error): void {
    const isUnread = cause instanceof ResetFailedError && this.lease.state === 'active'
    if (isUnread) this.lease.waitsAgain()
    else this.lease.lost(cause)
  }

  #sendFirst(): void {
    const [first, ...rest] = this.lease.relay.takeKept()
    const kept = this.#connection.keptStatements
    if (first !== undefined) this.#send(first, kept && withoutKeptParse(first, kept))
    for (const chunk of rest) this.write(chunk)
  }

  #sendKept(): void {
    for (const chunk of this.lease.relay.takeKept()) this.write(chunk)
  }

  #send(chunk: Uint8Array, needed = chunk): void {
    try {
      this.lease.relay.send(this.#connection, chunk, needed)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.revoke(error)
    }
    if (this.#connection.tracker.terminated) this.revoke(saidGoodbye(this.lease.request.database))
  }

  /**
   * The thread is woken once for the grant and the first answer. Where others wait for the connection it would cost them
   * more to hand over, which wakes it twice.
   */
  #grant(isAnswered: boolean): void {
    const { relay, peer } = this.lease
    relay.isGranted = true
    peer.granted(this.#connection, isAnswered, isLendable(this.#connection, peer))
  }
}
