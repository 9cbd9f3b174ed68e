import type { BrokerLink } from '../lease/broker-link.js'
import { threadLink } from '../lease/thread-link.js'
import type { LeasedClientOptions } from './client-options.js'
import { Leased } from './leased.js'
import type { LeasedClient } from './leased-client.js'

/** A client of this class, as `new Client()` gives it. */
export type Client = LeasedClient

/** What libraries that take a client class are given: each `new Client()` is a lease of its own, ended by `end` or `release`. */
interface ClientClass {
  /**
   * @param options of the lease; `database` is the name in the broker's `databases`.
   * @throws NotAttachedError on the main thread.
   */
  new (options?: LeasedClientOptions): LeasedClient
  readonly prototype: LeasedClient
}

class LeasingClient extends Leased {
  constructor(options: LeasedClientOptions = {}, link: BrokerLink = threadLink()) {
    super(link, options)
  }
}

/** A `pg.Client` that leases, for libraries that ask for a client class. */
export const Client = LeasingClient as unknown as ClientClass
