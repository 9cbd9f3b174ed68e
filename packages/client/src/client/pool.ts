import pg from 'pg'
import { type BrokerLink, threadLink } from '../lease/broker-link.js'
import type { LeasedClientOptions } from './client-options.js'
import { Leased, type LeasedClient, type ReleaseOption } from './leased-client.js'

export interface PoolOptions extends LeasedClientOptions {
  /** The most clients handed out at a time; whoever wants more waits in this thread. Default: no limit. */
  max?: number
}

type Done = (option?: ReleaseOption) => void

/**
 * A `pg.Pool` of leases in a worker thread, for libraries that ask for one (Kysely, Drizzle, …). Idle connections are
 * the broker's, for all the threads: here each client is new, and gone when it is released. `connect` waits for
 * nobody; the client's first query waits for a connection.
 */
export class Pool extends pg.Pool {
  declare connect: {
    (): Promise<LeasedClient>
    (callback: (error: Error | undefined, client: LeasedClient | undefined, done: Done) => void): void
  }

  /** @throws NotAttachedError on the main thread. */
  constructor(options: PoolOptions = {}, link: BrokerLink = threadLink()) {
    const { max = Number.POSITIVE_INFINITY, ...leased } = options
    class Client extends Leased {
      constructor() {
        super(link, leased)
      }
    }
    super({ ...leased, max, maxUses: 1, Client } as unknown as pg.PoolConfig)
    this.on('release', (error, client) => (client as unknown as Leased).giveBack(error))
  }
}
