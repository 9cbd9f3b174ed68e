import type { ServerResponse } from 'node:http'
import type { ConnectionBroker } from '@pglease/broker'
import type { DashboardExecutor, DashboardOptions } from './options.js'
import { ServerLook } from './server-look.js'
import { sendEvent, Viewers } from './viewers.js'
import { LatestWarnings } from './warnings.js'
import { Watch, type Watched } from './watch.js'

/** Between two snapshots, in milliseconds. */
const INTERVAL = 1000

/**
 * - `idle`: nobody watches, and nothing is done;
 * - `live`: a snapshot is made once a second, for all viewers;
 * - `closed`.
 */
type FeedState =
  | { readonly name: 'idle' | 'closed' }
  | { readonly name: 'live'; readonly watch: Watch; readonly timer: NodeJS.Timeout; latest: string }

/** One snapshot a second to everybody who watches. */
export class LiveFeed {
  readonly #watched: Watched
  readonly #warnings: LatestWarnings
  readonly #viewers: Viewers
  #state: FeedState = { name: 'idle' }

  constructor(
    broker: ConnectionBroker,
    executors: readonly DashboardExecutor[],
    options: Required<DashboardOptions>,
  ) {
    const looks = broker.databases.map((name) => [name, new ServerLook(broker, name, options)] as const)
    this.#watched = { broker, executors, looks: new Map(looks) }
    this.#warnings = new LatestWarnings(broker)
    this.#viewers = new Viewers(options.maxViewers, { some: () => this.#begin(), none: () => this.#rest() })
  }

  get state(): FeedState['name'] {
    return this.#state.name
  }

  get isFull(): boolean {
    return this.#viewers.isFull
  }

  /** Its headers must have been written. */
  add(response: ServerResponse): void {
    this.#viewers.add(response)
    if (this.#state.name === 'live') sendEvent(response, this.#state.latest)
  }

  close(): void {
    if (this.#state.name === 'closed') return
    this.#viewers.end()
    this.#warnings.stop()
    this.#state = { name: 'closed' }
  }

  #begin(): void {
    if (this.#state.name !== 'idle') return
    const watch = new Watch(this.#watched)
    const timer = setInterval(() => this.#tick(), INTERVAL).unref()
    this.#state = { name: 'live', watch, timer, latest: this.#snapshot(watch) }
  }

  #tick(): void {
    if (this.#state.name !== 'live') throw new Error('A feed went on that nobody watches')
    this.#state.latest = this.#snapshot(this.#state.watch)
    this.#viewers.send(this.#state.latest)
  }

  #rest(): void {
    if (this.#state.name !== 'live') return
    clearInterval(this.#state.timer)
    this.#state.watch.stop()
    this.#state = { name: 'idle' }
  }

  #snapshot(watch: Watch): string {
    return JSON.stringify(watch.take(this.#warnings.latest))
  }
}
