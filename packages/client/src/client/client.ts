import type { BrokerLink } from '../lease/broker-link.js'
import { threadLink } from '../lease/thread-link.js'
import type { LeasedClientOptions } from './client-options.js'
import { Leased } from './leased.js'
import type { LeasedClient } from './leased-client.js'
import { checkClient } from './option-checks.js'

/** A client of this class, as `new Client()` gives it. */
export type Client = LeasedClient

/** What libraries that take a client class are given: each `new Client()` is a lease of its own, ended by `end` or `release`. */
interface ClientClass {
  /**
   * @param options of the lease; `database` is the name in the broker's `databases`.
   * @throws ConfigurationError
   */
  new (options?: LeasedClientOptions): LeasedClient
  readonly prototype: LeasedClient
}

class LeasingClient extends Leased {
  constructor(options: LeasedClientOptions = {}, link: BrokerLink = threadLink()) {
    checkClient(options)
    super(link, options)
  }
}

/** A `pg.Client` that leases, for libraries that ask for a client class. */
export const Client = LeasingClient as unknown as ClientClass
