import { LeaseTimeoutError } from '@pglease/client'
import type { ServerConnection } from '../connection/server-connection.js'
import type { Waiter } from '../pool/waiters.js'
import { LeaseBehaviour } from './lease-behaviour.js'
import type { LeaseContext } from './lease-context.js'

/**
 * `waiting`
 * - Entry: it is opened, or the connection that it was given could not be reset.
 * - It stands in the line for a connection, and keeps what the worker writes.
 * - Exit: to `preparing` or `active` once it is granted a connection; to `over` when it is refused, released or revoked.
 */
export class Waiting extends LeaseBehaviour implements Waiter {
  readonly #lease: LeaseContext

  constructor(lease: LeaseContext) {
    super()
    this.#lease = lease
  }

  get priority(): number {
    return this.#lease.request.priority ?? 0
  }

  get thread(): string | undefined {
    const { peer } = this.#lease
    return peer.isMainThread ? undefined : peer.thread
  }

  get timeoutMillis(): number {
    return this.#lease.request.connectionTimeoutMillis ?? this.#lease.home.database.connectionTimeoutMillis
  }

  write(chunk: Uint8Array): void {
    this.#lease.relay.keep(chunk)
  }

  granted(connection: ServerConnection, waitedMillis: number): void {
    this.#lease.granted(connection, waitedMillis)
  }

  refused(error: Error): void {
    const { home, peer } = this.#lease
    if (error instanceof LeaseTimeoutError) home.counters.timeouts++
    else home.counters.refused++
    this.#lease.endsUngranted(error)
    peer.revoked(error)
  }

  release(): void {
    this.#lease.home.withdraw(this)
    this.#lease.endsUngranted(undefined)
  }

  revoke(error: Error): void {
    this.release()
    this.#lease.peer.revoked(error)
  }
}
