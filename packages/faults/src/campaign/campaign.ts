import { counted } from '@pglease/client/internal'
import { type EmbeddedPostgres, startPostgres } from '@pglease/postgres'
import { MAX_CONNECTIONS } from '../faults/fault.js'
import { LOAD_ROLE, OTHER_ROLE } from '../load/schema.js'
import { NetworkProxy } from '../proxy/network-proxy.js'
import { BREACH, type RoundReport } from '../subject/messages.js'
import { Accounts, type FaultFigures, type Unaccounted } from './accounts.js'
import { Admin } from './admin.js'
import type { Path } from './paths.js'
import { loadDatabaseOf, runRound, type Stage } from './round.js'
import { planRound, type ScheduleOptions } from './schedule.js'
import { Subject, SubjectEndedError } from './subject.js'

export interface CampaignOptions extends ScheduleOptions {
  readonly seconds: number
  /** Ends sooner, behind so many faults. */
  readonly faultCount: number
  /** Only this round. */
  readonly round: number | undefined
}

export interface PathOutcome {
  readonly path: string
  readonly rounds: number
  readonly tasks: number
  readonly failed: number
  readonly faults: number
  readonly figures: Readonly<Record<string, FaultFigures>>
  readonly unaccounted: readonly (Unaccounted & { readonly round: number })[]
  /** Behind each round. */
  readonly resources: readonly RoundReport['resources'][]
  readonly events: Readonly<Record<string, number>>
}

/** What runs before is another process's memory. */
const WARM_ROUNDS = 2

/**
 * How many more there may be than behind an earlier round, and behind how many rounds on end there must be more: a port that
 * is closed may not be collected yet.
 */
const SLACK = {
  descriptors: { more: 0, rounds: 1 },
  threads: { more: 0, rounds: 1 },
  ports: { more: 3, rounds: 2 },
} as const

interface Slack {
  readonly more: number
  readonly rounds: number
}

/** What was committed is written down before it is told: it must outlive the server's end. */
export function startServer(): Promise<EmbeddedPostgres> {
  return startPostgres({
    ssl: true,
    settings: {
      max_connections: MAX_CONNECTIONS,
      synchronous_commit: true,
      autovacuum: false,
      // A connect costs no more than it must: faults make many.
      scram_iterations: 1,
    },
  })
}

/** Runs rounds on one path until the time is over or there were enough faults. */
export async function runPath(
  server: EmbeddedPostgres,
  path: Path,
  options: CampaignOptions,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<PathOutcome> {
  return withStage(server, path, async (stage) => {
    const campaign = new PathCampaign(stage, options)
    try {
      await campaign.run(signal, show)
      return campaign.outcome
    } finally {
      campaign.close()
    }
  })
}

/** With a proxy in front of the server, and somebody who looks after it. */
export async function withStage<T>(
  server: EmbeddedPostgres,
  path: Path,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const admin = new Admin(loadDatabaseOf(server))
  const target = { host: server.host, port: server.port }
  const proxy = await NetworkProxy.start(target, path.over, path.tls !== 'none')
  try {
    return await work({ path, server, admin, proxy })
  } finally {
    await proxy.close()
    await admin.close()
  }
}

/** The roles and the database that the load has. */
export async function prepareServer(server: EmbeddedPostgres): Promise<void> {
  const admin = new Admin(server.connectionString)
  await admin.query(`CREATE ROLE ${OTHER_ROLE}`)
  await admin.query(`CREATE ROLE ${LOAD_ROLE} LOGIN PASSWORD '${LOAD_ROLE}' IN ROLE ${OTHER_ROLE}`)
  await admin.query("CREATE ROLE crowd LOGIN PASSWORD 'crowd'")
  await admin.query(`CREATE DATABASE ${LOAD_ROLE}`)
  await admin.close()
}

/** One line, and below it what the process has printed. */
export function describeLoss({ message, printed }: SubjectEndedError, lost: number, again: string): string {
  const line = `${message}, and nobody knows what became of ${counted(lost, 'task')}; again by ${again}`
  return `${line}${printed
    .trimEnd()
    .replaceAll(/^(?=.)/gm, '\n    ')
    .replaceAll('\n\n', '\n')}`
}

class PathCampaign {
  readonly #stage: Stage
  readonly #options: CampaignOptions
  readonly #accounts = new Accounts()
  #subject: Subject | undefined
  #rounds = 0
  readonly #unaccounted: (Unaccounted & { round: number })[] = []
  /** Of the process of the moment. */
  #resources: RoundReport['resources'][] = []
  readonly #events: Record<string, number> = {}

  constructor(stage: Stage, options: CampaignOptions) {
    this.#stage = stage
    this.#options = options
  }

  get outcome(): PathOutcome {
    const { figures, tasks, failed, faults } = this.#accounts
    return {
      path: this.#stage.path.name,
      rounds: this.#rounds,
      ...{ tasks, failed, faults, figures },
      unaccounted: this.#unaccounted,
      resources: this.#resources,
      events: this.#events,
    }
  }

  async run(signal: AbortSignal, show: (line: string) => void): Promise<void> {
    const { seconds, faultCount, round } = this.#options
    const deadline = performance.now() + seconds * 1000
    for (
      let number = round ?? 0;
      performance.now() < deadline && this.#accounts.faults < faultCount;
      number++
    ) {
      signal.throwIfAborted()
      show(`${this.#stage.path.name}: round ${number}, ${counted(this.#accounts.faults, 'fault')}`)
      await this.#round(number, signal)
      this.#rounds++
      if (round !== undefined) break
    }
  }

  close(): void {
    this.#subject?.end()
  }

  async #round(number: number, signal: AbortSignal): Promise<void> {
    const { faults } = this.#options
    const plan = planRound(this.#options, number)
    try {
      this.#subject ??= await Subject.start(this.#stage.path.isHandedOver)
      const report = await runRound(this.#stage, this.#subject, plan, this.#accounts, {
        ...{ faults, signal },
        keeps: false,
      })
      for (const { what } of report.events) {
        this.#events[what] = (this.#events[what] ?? 0) + 1
        if (what.startsWith(BREACH)) this.#accounts.complain(what, [])
      }
      this.#resources.push(report.resources)
      this.#checkResources()
    } catch (error) {
      if (!(error instanceof SubjectEndedError)) throw error
      this.#lost(error, number)
      this.#subject?.end()
      this.#subject = undefined
      this.#resources = []
    }
    for (const each of this.#accounts.unaccounted.splice(0))
      this.#unaccounted.push({ ...each, round: number })
  }

  #lost(error: SubjectEndedError, number: number): void {
    const lost = Math.max(this.#subject?.beat?.begun ?? 0, 1)
    const again = `--path ${this.#stage.path.name} --seed ${this.#options.seed} --round ${number}`
    this.#accounts.lose(lost, describeLoss(error, lost, again))
  }

  /** What a process holds behind a round is what it held behind an earlier one. */
  #checkResources(): void {
    const before = this.#resources[WARM_ROUNDS - 1]
    if (before === undefined) return
    const later = this.#resources.slice(WARM_ROUNDS)
    for (const [what, { more, rounds }] of Object.entries(SLACK) as [keyof typeof SLACK, Slack][]) {
      const latest = later.slice(-rounds)
      if (latest.length === rounds && latest.every((each) => each[what] > before[what] + more))
        this.#accounts.complain(
          `The process has ${latest.map((each) => each[what])} ${what}, and had ${before[what]}: ${JSON.stringify({ latest, before })}`,
          [],
        )
    }
  }
}
