import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'

const MILLIS_BETWEEN_SAMPLES = 20

/** How long Postgres may take to forget a connection that its client has closed. */
const GONE_MILLIS = 3000

/** Watches from a connection of its own how many connections of the job Postgres itself shows. */
export class ConnectionSampler {
  readonly #observer: ClientBase
  readonly #watched: string
  readonly #lost = new AbortController()
  readonly #sampling: Promise<void>
  #state: 'sampling' | 'ended' = 'sampling'
  #peak = 0

  /** Starts at once. `watched` is the application_name of the connections to count. */
  constructor(observer: ClientBase, watched: string) {
    this.#observer = observer
    this.#watched = watched
    this.#sampling = this.#sample()
  }

  /** The most connections seen so far. */
  get peak(): number {
    return this.#peak
  }

  /** Aborted when the server has gone away, and the job need not wait for it. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Ends the sampling, waits a little for the connections to go, and counts those that Postgres still shows. */
  async countLeft(): Promise<number> {
    await this[Symbol.asyncDispose]()
    const end = performance.now() + GONE_MILLIS
    let left = await this.#count()
    while (left > 0 && performance.now() < end) {
      await sleep(MILLIS_BETWEEN_SAMPLES)
      left = await this.#count()
    }
    return left
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'ended'
    return this.#sampling
  }

  async #sample(): Promise<void> {
    try {
      while (this.#state === 'sampling') {
        this.#peak = Math.max(this.#peak, await this.#count())
        await sleep(MILLIS_BETWEEN_SAMPLES)
      }
    } catch (error) {
      this.#lost.abort(new Error('The connection to Postgres was lost during the job.', { cause: error }))
    }
  }

  async #count(): Promise<number> {
    const { rows } = await this.#observer.query<{ connections: number }>(
      // The server's own parallel workers go by the same name.
      `select count(*)::int as connections from pg_stat_activity
       where application_name = $1 and backend_type = 'client backend'`,
      [this.#watched],
    )
    return rows[0]!.connections
  }
}
