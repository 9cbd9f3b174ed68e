import { once } from 'node:events'
import type { MemberSettings, News } from '../member/messages.js'
import type { Connections } from './connections.js'
import type { Jobs } from './jobs.js'
import type { Ledger } from './ledger.js'
import { MemberHandle } from './member-handle.js'

/** So many processes in a row for each place that end by themselves, without a job done, and the run is given up. */
const MOST_IN_VAIN = 5

/** A process that cannot reach the server for so long is ended, so that others may have its jobs. */
const UNREACHABLE_MILLIS = 10_000

/** How long members may take to end in order. */
const STOP_MILLIS = 20_000

/**
 * - `working`: a process that ends is replaced;
 * - `ending`: none is started any more.
 */
type State = 'working' | 'ending'

/** What stays of a place among the members when its process is replaced. */
export interface Place {
  readonly number: number
  starts: number
  /** Undefined while there is none: the dead one's connections are not gone yet. */
  member: MemberHandle | undefined
}

interface Environment {
  readonly jobs: Jobs
  readonly connections: Connections
  readonly ledger: Ledger
  readonly settingsOf: (number: number, start: number) => MemberSettings
  /** The network namespace of a process; undefined for this one. */
  readonly hostOf: (number: number) => string | undefined
  readonly hear: (number: number, news: News) => void
}

/** All processes of the cluster. One that dies is replaced as soon as nothing is left of it. */
export class Members {
  readonly places: readonly Place[]
  readonly #environment: Environment
  readonly #failed = new AbortController()
  readonly #replacing = new Set<Promise<void>>()
  #state: State = 'working'
  #inVain = 0
  #killed = 0

  constructor(processes: number, environment: Environment) {
    this.#environment = environment
    this.places = Array.from({ length: processes }, (_, index) => ({
      number: index + 1,
      starts: 0,
      member: undefined,
    }))
  }

  /** Processes that have ended although nobody had told them to, and threads in the midst of a job. */
  get killed(): number {
    return this.#killed
  }

  /** Aborted when they cannot work, whatever is done. */
  get failed(): AbortSignal {
    return this.#failed.signal
  }

  /** The names under which living members lock jobs. */
  get pools(): readonly string[] {
    return this.places.flatMap(({ member }) => member?.pool ?? [])
  }

  start(): void {
    for (const place of this.places) this.#start(place)
  }

  /** Resolves when all have ended in order, or were ended. */
  async stop(): Promise<void> {
    this.#state = 'ending'
    await Promise.allSettled(this.#replacing)
    const late = AbortSignal.timeout(STOP_MILLIS)
    for (const { member } of this.places) member?.tell({ kind: 'stop' })
    const ended = Promise.all(this.places.map(({ member }) => member?.ended))
    await Promise.race([ended, once(late, 'abort')])
    await this.end()
  }

  /** Ends them all at once. */
  async end(): Promise<void> {
    this.#state = 'ending'
    for (const { member } of this.places) member?.kill()
    await Promise.all(this.places.map(({ member }) => member?.ended))
  }

  #start(place: Place): void {
    place.starts++
    const settings = this.#environment.settingsOf(place.number, place.starts)
    const host = this.#environment.hostOf(place.number)
    const member = new MemberHandle(settings, host, (news) => this.#hear(place, news))
    place.member = member
    member.ended.then(() => {
      if (this.#state === 'ending') return
      this.#killed++
      const replacing = this.#replace(place, member).catch((error) => this.#failed.abort(error))
      this.#replacing.add(replacing)
      void replacing.then(() => this.#replacing.delete(replacing))
    })
  }

  #hear(place: Place, news: News): void {
    if (news.kind === 'ended' && news.end.startsWith('planned')) this.#inVain = 0
    if (news.kind === 'ended' && news.isThreadDead) this.#killed++
    if (news.kind === 'figures' && news.figures.unreachableMillis > UNREACHABLE_MILLIS) this.#fence(place)
    this.#environment.hear(place.number, news)
  }

  /** Where the server is away for all there is nobody to have its jobs. */
  #fence({ member }: Place): void {
    if (!this.#environment.connections.isCurrent) return
    member?.kill()
  }

  /**
   * A dead process may have left connections, of which a transaction may be committing: its jobs are given to others, and its
   * place to another process, when those are gone. So there are never more connections than there may be.
   */
  async #replace(place: Place, dead: MemberHandle): Promise<void> {
    const { jobs, connections, ledger } = this.#environment
    place.member = undefined
    ledger.cutOff(place.number)
    if (++this.#inVain > MOST_IN_VAIN * this.places.length)
      throw new Error(`The processes end before they have done anything: ${dead.end}`)
    await connections.end(dead.settings.name)
    if (dead.pool !== undefined) await jobs.unlock([dead.pool])
    if (this.#state === 'working') this.#start(place)
  }
}
