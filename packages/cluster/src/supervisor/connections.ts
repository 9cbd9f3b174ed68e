import { setTimeout as sleep } from 'node:timers/promises'
import type { Observer } from './observer.js'

const MILLIS_BETWEEN_SAMPLES = 50

/** How long Postgres may take to forget a connection that its client has closed. */
const GONE_MILLIS = 5000

/** A count that is older says that the server is away. */
const CURRENT_MILLIS = 1000

const OF_MEMBERS = `from pg_stat_activity where starts_with(application_name, $1) and backend_type = 'client backend'`

/** What Postgres itself shows of the members' connections. */
export class Connections {
  #now = 0
  #countedAt = 0
  #peak = 0
  #state: 'idle' | 'sampling' = 'idle'
  #sampling: Promise<void> = Promise.resolve()

  /** @param prefix of the names of the members' connections */
  constructor(
    private readonly observer: Observer,
    private readonly prefix: string,
    private readonly isPooledByTransaction: boolean,
  ) {}

  /** When they were last counted. */
  get now(): number {
    return this.#now
  }

  /** Whether the server answers the supervisor. */
  get isCurrent(): boolean {
    return performance.now() - this.#countedAt < CURRENT_MILLIS
  }

  /** The most that were seen at once. */
  get peak(): number {
    return this.#peak
  }

  start(): void {
    this.#state = 'sampling'
    this.#sampling = this.#sample()
    // `stop` tells of it.
    this.#sampling.catch(() => {})
  }

  /** @throws what has ended the sampling */
  async stop(): Promise<void> {
    this.#state = 'idle'
    await this.#sampling
  }

  /** Waits a little for connections to go, and counts those that Postgres still shows. */
  async countLeft(): Promise<number> {
    const deadline = performance.now() + GONE_MILLIS
    // A pooler keeps its own, under the name of whoever has had them last.
    const except = this.isPooledByTransaction ? 'idle' : ''
    let left = await this.#count(this.prefix, except)
    while (left > 0 && performance.now() < deadline) {
      await sleep(MILLIS_BETWEEN_SAMPLES)
      left = await this.#count(this.prefix, except)
    }
    return left
  }

  /** Ends the connections of this name, of a process that is dead, and resolves when they are gone. */
  async end(name: string): Promise<void> {
    while ((await this.#count(name)) > 0) {
      await this.observer.query(`select pg_terminate_backend(pid) ${OF_MEMBERS}`, [name])
      await sleep(MILLIS_BETWEEN_SAMPLES)
    }
  }

  async #sample(): Promise<void> {
    while (this.#state === 'sampling') {
      this.#now = await this.#count(this.prefix)
      this.#countedAt = performance.now()
      this.#peak = Math.max(this.#peak, this.#now)
      await sleep(MILLIS_BETWEEN_SAMPLES)
    }
  }

  async #count(prefix: string, exceptState = ''): Promise<number> {
    const [row] = await this.observer.query<{ count: number }>(
      `select count(*)::int as count ${OF_MEMBERS} and state is distinct from $2`,
      [prefix, exceptState],
    )
    return row!.count
  }
}
