import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  budgetOf,
  type CountrySize,
  count,
  countryName,
  dropSchema,
  type showProgress,
} from '@pglease/demo/parts'
import type { TourRequest } from '@pglease/demo/task-parts'
import type { ClusterOptions, Fault } from './arguments.js'
import type { Access } from './database.js'
import type { MemberSettings, News } from './member/messages.js'
import type { Snapshot } from './page/snapshot.js'
import { PODS } from './pod/settings.js'
import { prepare, verify } from './prepare.js'
import type { MemberSummary, Summary } from './report/summary.js'
import { Connections } from './supervisor/connections.js'
import { Faults } from './supervisor/faults.js'
import { type JobCounts, Jobs } from './supervisor/jobs.js'
import { Ledger } from './supervisor/ledger.js'
import { Members } from './supervisor/members.js'
import { Observer } from './supervisor/observer.js'
import { createSchemas, dropOwnSchema, OWN_SCHEMA } from './supervisor/schemas.js'
import { Server } from './supervisor/server.js'

type Progress = ReturnType<typeof showProgress>

const MILLIS_BETWEEN_LOOKS = 100

/** A job that is locked under a name that nobody alive has, for so long, is given to others. */
const ORPHAN_MILLIS = 5000

export interface Outcome {
  readonly summary: Summary
  readonly members: readonly MemberSummary[]
  readonly ledger: Ledger
  /** Countries whose tour is not what it should be. */
  readonly wrong: readonly string[]
  /** Faults that there was no occasion for. */
  readonly missedFaults: readonly Fault[]
}

/** What shows the run as it goes on. */
export interface Watcher {
  show(look: () => Snapshot): void
}

/** Runs all of it and leaves nothing behind but, on a server of the user's own, the demo's schema. */
export async function runCluster(
  options: ClusterOptions,
  signal: AbortSignal,
  progress: Progress,
  watcher?: Watcher,
): Promise<Outcome> {
  await using server = await Server.open(options)
  signal.throwIfAborted()
  const observer = await Observer.open(server.connectionString, options.isPooledByTransaction)
  try {
    await createSchemas(observer.client, options)
    return await new ClusterRun(options, server, observer, signal, progress).run(watcher)
  } finally {
    await cleanUp(observer, options).catch(() => {})
    await observer.close()
  }
}

async function cleanUp(
  observer: Observer,
  { queueSchema, isElsewhere, drop }: ClusterOptions,
): Promise<void> {
  if (queueSchema === undefined && !isElsewhere) await dropOwnSchema(observer.client)
  else await new Jobs(observer, queueSchema ?? OWN_SCHEMA).clear()
  if (drop) await dropSchema(observer.client)
}

class ClusterRun {
  readonly #started = performance.now()
  readonly #name: string
  readonly #schema: string
  readonly #jobs: Jobs
  readonly #connections: Connections
  readonly #ledger = new Ledger()
  readonly #members: Members
  readonly #faults: Faults
  #counts: JobCounts = { waiting: 0, running: 0, failed: 0, lockers: [] }
  readonly #bars = new Map<string, ReturnType<Progress['start']>>()

  constructor(
    private readonly options: ClusterOptions,
    private readonly server: Server,
    private readonly observer: Observer,
    private readonly signal: AbortSignal,
    private readonly progress: Progress,
  ) {
    this.#schema = options.queueSchema ?? OWN_SCHEMA
    this.#name = options.isElsewhere ? PODS.trim() : `pglease cluster ${randomUUID().slice(0, 8)}`
    this.#jobs = new Jobs(observer, this.#schema)
    this.#connections = new Connections(observer, `${this.#name} `, options.isPooledByTransaction)
    this.#members = new Members(options.isElsewhere ? 0 : options.processes, {
      jobs: this.#jobs,
      connections: this.#connections,
      ledger: this.#ledger,
      settingsOf: (number, start) => this.#settingsOf(number, start),
      hostOf: (number) => options.hosts[(number - 1) % options.hosts.length],
      hear: (number, news) => this.#hear(number, news),
    })
    this.#faults = new Faults(options.faults, server, this.#members, (text) => progress.note(text))
  }

  async run(watcher: Watcher | undefined): Promise<Outcome> {
    const { options, signal, progress } = this
    this.#connections.start()
    try {
      await this.#noteRoom()
      progress.note('Loading the cities')
      const sizes = await prepare(this.#access('0'), this.#schema, options.countries, signal)
      await this.#jobs.add(this.#requests(sizes))
      this.#showWork(sizes)
      this.#members.start()
      watcher?.show(() => this.#snapshot(sizes.length))
      await this.#allDone()
      await this.#members.stop()
      progress.note('Verifying the tours')
      const wrong = await verify(this.#access('0'), signal)
      return await this.#outcome(sizes.length, wrong)
    } finally {
      await this.#members.end()
      await this.#connections.stop().catch(() => {})
    }
  }

  /** Those that find no room wait for it, which looks like a slow server. */
  async #noteRoom(): Promise<void> {
    const [row] = await this.observer.query<{ room: number }>(
      `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - count(*)::int as room from pg_stat_activity where backend_type = 'client backend'`,
    )
    const { processes, connections, isPooledByTransaction } = this.options
    if (isPooledByTransaction || processes * connections <= row!.room) return
    this.progress.note(
      `The server has room for ${count(row!.room, 'connection')}, and the processes may open ${processes * connections}: they will wait for each other.`,
    )
  }

  /** Of a process, or of what is done before and after them, which is counted with them unless they are there all the time. */
  #access(suffix: string): Access {
    const { connections, isPooledByTransaction } = this.options
    const { connectionString } = this.server
    const name = this.options.isElsewhere ? 'pglease cluster, jobs' : `${this.#name} ${suffix}`
    return { connectionString, name, connections, isPooledByTransaction }
  }

  #settingsOf(number: number, start: number): MemberSettings {
    const { threads, limitMillis } = this.options
    return {
      // The dot at the end: no name is the beginning of another.
      ...this.#access(`${number}.${start}.`),
      connectionString: this.server.connectionStringOf(number),
      number,
      threads,
      limitMillis,
      schema: this.#schema,
    }
  }

  #requests(sizes: readonly CountrySize[]): TourRequest[] {
    const { effort, seed, threads, processes } = this.options
    const all = sizes.reduce((sum, { cities }) => sum + cities, 0)
    return sizes.map(({ country, cities }) => ({
      country,
      budget: budgetOf(cities / all, cities, effort, threads * processes),
      seed,
      drawn: false,
    }))
  }

  #showWork(sizes: readonly CountrySize[]): void {
    const cities = sizes.reduce((sum, size) => sum + size.cities, 0)
    this.progress.note(
      `${count(cities, 'city', 'cities')} in ${count(sizes.length, 'country', 'countries')}, ${count(this.options.processes, 'process', 'processes')}`,
    )
    this.progress.expect(cities)
    for (const { country, cities } of sizes)
      this.#bars.set(country, this.progress.start(`${country} ${countryName(country)}`, cities))
  }

  #hear(number: number, news: News): void {
    switch (news.kind) {
      case 'started':
        this.#ledger.started(number, news.country, news.attempt)
        return
      case 'progress':
        this.#ledger.progressed(number, news.country, news.fraction)
        this.#bars.get(news.country)?.advance(news.fraction)
        this.#faults.midJob(number)
        return
      case 'ended': {
        this.#ledger.ended(number, news.country, news.end, news.message)
        if (news.end === 'failed') return
        this.#bars.get(news.country)?.finish(`process ${number}: ${news.end}`)
        this.#bars.delete(news.country)
        return
      }
    }
  }

  /** Resolves when no job waits or runs. */
  async #allDone(): Promise<void> {
    const orphans = new Map<string, number>()
    const stop = AbortSignal.any([this.signal, this.#members.failed])
    for (;;) {
      stop.throwIfAborted()
      this.#counts = await this.#jobs.count()
      const { waiting, running, lockers } = this.#counts
      if (waiting + running === 0) return this.#faults.settled()
      // Elsewhere they look after each other.
      if (!this.options.isElsewhere) await this.#unlockOrphans(lockers, orphans)
      await sleep(MILLIS_BETWEEN_LOOKS, undefined, { signal: stop }).catch(() => {})
    }
  }

  /** A member may have died before it could say under which name it locks. */
  async #unlockOrphans(lockers: readonly string[], since: Map<string, number>): Promise<void> {
    const { pools } = this.#members
    const now = performance.now()
    for (const pool of since.keys()) if (!lockers.includes(pool) || pools.includes(pool)) since.delete(pool)
    for (const pool of lockers) if (!pools.includes(pool) && !since.has(pool)) since.set(pool, now)
    const old = [...since].filter(([, at]) => now - at > ORPHAN_MILLIS).map(([pool]) => pool)
    if (old.length > 0) await this.#jobs.unlock(old)
  }

  #snapshot(countries: number): Snapshot {
    const { waiting, running, failed } = this.#counts
    const { threads, connections, processes } = this.options
    return {
      jobs: {
        waiting,
        running,
        failed,
        planned: countries - waiting - running - failed,
        runAgain: this.#ledger.runAgain.length,
      },
      connections: { now: this.#connections.now, peak: this.#connections.peak, max: processes * connections },
      members: this.#members.places.map(({ number, starts, member }) => ({
        number,
        starts,
        processId: member?.processId,
        state: member === undefined ? 'dead' : member.pool === undefined ? 'starting' : 'working',
        threads,
        connections,
        figures: member?.figures,
        planned: this.#ledger.count(number, 'planned', 'planned before'),
        underWay: this.#ledger.underWay(number),
      })),
      runAgain: this.#ledger.runAgain.map(({ country, runs }) => ({
        country: countryName(country),
        runs: runs.map(({ process, end, message }) => ({ process, end, message })),
      })),
    }
  }

  async #outcome(countries: number, wrong: readonly string[]): Promise<Outcome> {
    const { options } = this
    const [written] = await this.observer.query<{ planned: number; twice: number }>(
      `select count(*)::int as planned, count(*) filter (where times > 1)::int as twice
       from (select count(*) as times from pglease_demo.plannings group by country) as each`,
    )
    // Pods stay.
    const leakedConnections = options.isElsewhere ? 0 : await this.#connections.countLeft()
    const summary: Summary = {
      processes: options.processes,
      threads: options.threads,
      countries,
      planned: written!.planned,
      plannedTwice: written!.twice,
      retried: this.#ledger.runAgain.length,
      killed: this.#members.killed,
      maxConnections: options.processes * options.connections,
      peakConnections: this.#connections.peak,
      leakedConnections,
      verified: wrong.length === 0,
      seconds: Math.round(performance.now() - this.#started) / 1000,
    }
    const members = this.#members.places.map(({ number, starts }) => ({ number, starts }))
    return { summary, members, ledger: this.#ledger, wrong, missedFaults: this.#faults.left }
  }
}
