import { inspect } from 'node:util'
import pg from 'pg'
import { shown } from '../common/shown.js'
import { threadLink } from '../lease/thread-link.js'
import type { LeasedClientOptions, PoolOptions } from './client-options.js'
import { Leased } from './leased.js'
import type { LeasedClient, ReleaseOption } from './leased-client.js'
import { checkPool } from './option-checks.js'

/** Leases a client. Not a part of the interface. */
type NewClient = (options: LeasedClientOptions) => Leased

const leaseHere: NewClient = (options) => new Leased(threadLink(), options)

type Done = (option?: ReleaseOption) => void

/**
 * A `pg.Pool` of leases in a worker thread, for libraries that ask for one (Kysely, Drizzle, …). Idle connections are
 * the broker's, for all the threads: here each client is new, and gone when it is released. `connect` waits for
 * nobody; the client's first query waits for a connection.
 */
export class Pool extends pg.Pool {
  /** Of clients that were released before their answers had come. */
  readonly #unanswered = new Set<Promise<void>>()
  declare connect: {
    (): Promise<LeasedClient>
    (callback: (error: Error | undefined, client: LeasedClient | undefined, done: Done) => void): void
  }

  /** @throws ConfigurationError */
  constructor(options: PoolOptions = {}, newClient: NewClient = leaseHere) {
    checkPool(options)
    const { max = Number.POSITIVE_INFINITY, ...leased } = options
    function Client() {
      return newClient(leased)
    }
    super({ ...leased, max, maxUses: 1, Client } as unknown as pg.PoolConfig)
    this.on('release', (error, client) => this.#giveBack(client as unknown as Leased, error))
  }

  /** As of `pg.Pool`. What released clients have sent is answered, or cut off, when it is over. */
  override end(): Promise<void>
  override end(callback: () => void): void
  override end(callback?: () => void): Promise<void> | void {
    const over = super.end().then(async () => {
      await Promise.allSettled(this.#unanswered)
    })
    if (callback === undefined) return over
    over.then(callback, callback)
  }

  /** Without its insides, which go round in circles. */
  toJSON(): object {
    const { database = 'default', max } = this.options as PoolOptions
    const { totalCount, waitingCount } = this
    return { database, max: Number.isFinite(max) ? max : undefined, totalCount, waitingCount }
  }

  [inspect.custom](_depth: number, options: object): string {
    return shown('Pool', this.toJSON(), options)
  }

  #giveBack(client: Leased, error: ReleaseOption): void {
    client.giveBack(error)
    const answered = client.finish()?.finally(() => this.#unanswered.delete(answered!))
    if (answered === undefined) return
    answered.catch(() => {})
    this.#unanswered.add(answered)
  }
}
