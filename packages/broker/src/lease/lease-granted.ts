import { LeaseBehaviour } from './lease-behaviour.js'
import type { LeaseContext } from './lease-context.js'

/** What a lease does that has a connection, whose socket the broker has: it ends at once, whoever ends it. */
export abstract class Granted extends LeaseBehaviour {
  protected readonly lease: LeaseContext

  constructor(lease: LeaseContext) {
    super()
    this.lease = lease
  }

  release(how: 'release' | 'destroy'): void {
    this.lease.end(how)
  }

  revoke(error: Error): void {
    this.lease.countRevoked(error)
    this.lease.end('release')
    this.lease.peer.revoked(error)
  }
}
