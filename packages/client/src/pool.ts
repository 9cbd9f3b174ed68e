import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { type BrokerLink, threadLink } from './broker-link.js'
import type { LeaseOptions } from './contract.js'
import { BrokerClosedError } from './errors.js'
import { type LeasedClient, leaseClient, type ReleaseOption } from './leased-client.js'

type ConnectCallback = (
  error: Error | undefined,
  client?: LeasedClient,
  done?: (how?: ReleaseOption) => void,
) => void

/**
 * A stand-in for `pg.Pool` in a worker thread, for libraries that ask for one (Kysely, Drizzle, …). It owns no
 * connection: each client is a lease on the broker's pool. `connect` waits for nobody; the client's first query waits
 * for a connection.
 */
export class Pool extends EventEmitter {
  readonly options: Readonly<LeaseOptions>
  readonly #link: BrokerLink
  readonly #leased = new Set<LeasedClient>()
  #state: 'open' | 'ended' = 'open'

  constructor(options: LeaseOptions = {}, link: BrokerLink = threadLink()) {
    super()
    this.options = options
    this.#link = link
  }

  /** Clients handed out and not released. */
  get totalCount(): number {
    return this.#leased.size
  }

  /** Always 0: idle connections are the broker's, for all the threads. */
  get idleCount(): number {
    return 0
  }

  /** Always 0: see `broker.stats()` on the main thread. */
  get waitingCount(): number {
    return 0
  }

  get ending(): boolean {
    return this.#state === 'ended'
  }

  get ended(): boolean {
    return this.#state === 'ended' && this.#leased.size === 0
  }

  /** A client to give back with `client.release()`. As of `pg.Pool`, with a callback or a promise. */
  connect(): Promise<LeasedClient>
  connect(callback: ConnectCallback): void
  connect(callback?: ConnectCallback): Promise<LeasedClient> | undefined {
    if (callback === undefined)
      return this.#state === 'open' ? Promise.resolve(this.#lease()) : Promise.reject(ended())
    process.nextTick(() => {
      if (this.#state === 'ended') return callback(ended())
      const client = this.#lease()
      callback(undefined, client, (how) => client.release(how))
    })
  }

  /** One query on a lease of its own. As of `pg.Pool`, with a callback or a promise. */
  query: pg.Pool['query'] = ((...call: unknown[]) => {
    const last = call.at(-1)
    if (typeof last === 'function') {
      this.#query(call.slice(0, -1)).then(
        (result) => last(undefined, result),
        (error) => last(error),
      )
      return undefined
    }
    return this.#query(call)
  }) as never

  /** Refuses further clients and resolves when the last one is released. */
  end(callback?: () => void): Promise<void> {
    this.#state = 'ended'
    const done =
      this.#leased.size === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => this.once('drained', resolve))
    if (callback !== undefined) done.then(callback)
    return done
  }

  async #query(call: unknown[]): Promise<unknown> {
    if (this.#state === 'ended') throw ended()
    const client = this.#lease()
    try {
      return await (client.query as (...call: unknown[]) => unknown)(...call)
    } finally {
      client.settle()
    }
  }

  #lease() {
    const client = leaseClient(this.#link, this.options)
    this.#leased.add(client)
    client.onRelease = () => {
      this.#leased.delete(client)
      this.emit('release', undefined, client)
      if (this.#leased.size === 0) this.emit('drained')
    }
    this.emit('connect', client)
    this.emit('acquire', client)
    return client
  }
}

function ended(): BrokerClosedError {
  return new BrokerClosedError('Cannot use a pool after calling end on the pool')
}
