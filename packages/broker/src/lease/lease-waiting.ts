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

  granted(connection: ServerConnection): void {
    this.#lease.granted(connection)
  }

  refused(error: Error): void {
    const { home, peer } = this.#lease
    if (error instanceof LeaseTimeoutError) home.counters.timeouts++
    else home.counters.refused++
    this.#lease.end('release')
    peer.revoked(error)
  }

  release(how: 'release' | 'destroy'): void {
    this.#lease.home.withdraw(this)
    this.#lease.end(how)
  }

  revoke(error: Error): void {
    this.release('release')
    this.#lease.peer.revoked(error)
  }
}
