import { inspect } from 'node:util'
import pg from 'pg'
import { shown } from '../common/shown.js'
import type { BrokerLink } from '../lease/broker-link.js'
import type { ServerAddress } from '../lease/contract.js'
import { threadLink } from '../lease/thread-link.js'
import type { LeasedClientOptions, PoolOptions } from './client-options.js'
import { Leased } from './leased.js'
import type { LeasedClient, ReleaseOption } from './leased-client.js'
import { checkPool } from './option-checks.js'

/** Leases a client. Not a part of the interface. */
type NewClient = (options: LeasedClientOptions) => Leased

const leaseHere: NewClient = (options) => new Leased(threadLink(), options)

type Done = (option?: ReleaseOption) => void

/** Where pg has the address that it was given there is the server's, once the broker has said it: tracers read it. */
function addressOf(options: object, address: () => ServerAddress | undefined): void {
  for (const name of ['host', 'port', 'user', 'database'] as const)
    Object.defineProperty(options, name, {
      get: () => address()?.[name],
      enumerable: true,
      configurable: true,
    })
}

/**
 * A `pg.Pool` of leases in a worker thread, for libraries that ask for one (Kysely, Drizzle, …). Idle connections are
 * the broker's, for all the threads: here each client is new, and gone when it is released. `connect` waits for
 * nobody; the client's first query waits for a connection.
 *
 * Its counters are of this pool in this thread: `totalCount` of the clients that are handed out, with or without a lease yet;
 * `waitingCount` of those that wait for one of its `max`; `idleCount` is always 0. Of the connections `broker.stats()` tells.
 */
export class Pool extends pg.Pool {
  /** Those who wait for one of its `max`: as of `pg.Pool`. */
  declare private readonly _pendingQueue: { callback(error: Error): void }[]
  /** Of clients that were released before their answers had come. */
  readonly #unanswered = new Set<Promise<void>>()
  /** A client of its own, which is a lease from its first query to `release`. It waits only for one of this pool's `max`. */
  declare connect: {
    (): Promise<LeasedClient>
    (callback: (error: Error | undefined, client: LeasedClient | undefined, done: Done) => void): void
  }

  /** The name in the broker's `databases`. */
  readonly #database: string

  /** @throws ConfigurationError */
  constructor(options: PoolOptions = {}, newClient: NewClient = leaseHere, link: BrokerLink = threadLink()) {
    checkPool(options)
    const { max = Number.POSITIVE_INFINITY, ...leased } = options
    function Client() {
      return newClient(leased)
    }
    super({ ...leased, max, maxUses: 1, Client } as unknown as pg.PoolConfig)
    this.#database = options.database ?? 'default'
    addressOf(this.options, () => link.databases.get(this.#database))
    this.on('release', (error, client) => this.#giveBack(client as unknown as Leased, error))
  }

  /**
   * As of `pg.Pool`, but whoever waits for one of its `max` is refused, and does not wait for ever. What released clients have
   * sent is answered, or cut off, when it is over.
   */
  override end(): Promise<void>
  override end(callback: () => void): void
  override end(callback?: () => void): Promise<void> | void {
    const over = super.end().then(async () => {
      await Promise.allSettled(this.#unanswered)
    })
    for (const { callback } of this._pendingQueue.splice(0)) process.nextTick(callback, ended())
    if (callback === undefined) return over
    over.then(callback, callback)
  }

  /** Without its insides, which go round in circles. */
  toJSON(): object {
    const { max } = this.options
    const database = this.#database
    const { totalCount, waitingCount } = this
    return { database, max: Number.isFinite(max) ? max : undefined, totalCount, waitingCount }
  }

  /** What `console.log` shows: no password is in it. */
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

/** In pg's own words for whoever comes later. */
function ended(): Error {
  return new Error('Cannot use a pool after calling end on the pool')
}
