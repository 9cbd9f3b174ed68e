import type { EmbeddedPostgres } from '@pglease/postgres'
import { Accounts, type FaultFigures, type Unaccounted } from '../campaign/accounts.js'
import { describeLoss, withStage } from '../campaign/campaign.js'
import type { Path } from '../campaign/paths.js'
import { runRound, type Stage } from '../campaign/round.js'
import { Subject, SubjectEndedError } from '../campaign/subject.js'
import type { Resources } from '../subject/resources.js'
import { judge, type Verdict } from './judge.js'
import { planStretch, SOAK_FAULTS } from './plan.js'

export interface SoakOutcome {
  readonly path: string
  readonly minutes: number
  readonly tasks: number
  readonly failed: number
  readonly faults: number
  readonly figures: Readonly<Record<string, FaultFigures>>
  readonly unaccounted: readonly Unaccounted[]
  /** What the process held behind each stretch, with the broker and its threads still there. */
  readonly samples: readonly Resources[]
  /** Empty for a soak that was too short. */
  readonly verdicts: readonly Verdict[]
  /** Behind the close of all. */
  readonly end: Resources | undefined
}

/** Stretches of a soak, at the least. */
const STRETCHES = 20
const LONGEST_SECONDS = 60
const SHORTEST_SECONDS = 5

export interface SoakOptions {
  readonly minutes: number
  readonly seed: number
}

/** One process with one broker, for all of the time. */
export function soak(
  server: EmbeddedPostgres,
  path: Path,
  options: SoakOptions,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<SoakOutcome> {
  return withStage(server, path, async (stage) => {
    const subject = await Subject.start(path.isHandedOver)
    try {
      return await soakOn(stage, subject, options, signal, show)
    } finally {
      subject.end()
    }
  })
}

async function soakOn(
  stage: Stage,
  subject: Subject,
  { minutes, seed }: SoakOptions,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<SoakOutcome> {
  const accounts = new Accounts()
  const samples: Resources[] = []
  const seconds = Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, (minutes * 60) / STRETCHES))
  const begin = performance.now()
  const minutesGone = () => (performance.now() - begin) / 60_000
  let end: Resources | undefined
  try {
    for (let number = 0; end === undefined; number++) {
      signal.throwIfAborted()
      // The latest of them closes all.
      const keeps = minutesGone() + seconds / 60 < minutes
      const plan = planStretch(seed, number, seconds)
      const { resources } = await runRound(stage, subject, plan, accounts, {
        ...{ faults: SOAK_FAULTS, signal },
        keeps,
      })
      if (keeps) {
        samples.push(resources)
        show(describeSample(minutesGone(), accounts, resources))
      } else end = resources
    }
  } catch (error) {
    if (!(error instanceof SubjectEndedError)) throw error
    const lost = Math.max(subject.beat?.begun ?? 0, 1)
    accounts.lose(lost, describeLoss(error, lost, `--path ${stage.path.name} --seed ${seed}`))
  }
  const { tasks, failed, faults, figures, unaccounted } = accounts
  const total = minutesGone()
  const verdicts = judge(samples, total / (samples.length + 1))
  return {
    ...{ path: stage.path.name, minutes: total, tasks, failed, faults, figures, unaccounted },
    ...{ samples, verdicts, end },
  }
}

function describeSample(minutes: number, accounts: Accounts, resources: Resources): string {
  const { heapMebibytes, externalMebibytes, residentMebibytes, descriptors, threads, ports } = resources
  const memory = [heapMebibytes, externalMebibytes, residentMebibytes].map((value) => value.toFixed(1))
  return [
    `minute ${minutes.toFixed(1)}: ${accounts.tasks} tasks, ${accounts.faults} faults`,
    `heap ${memory[0]} MiB, external ${memory[1]} MiB, resident ${memory[2]} MiB`,
    `${descriptors} descriptors, ${threads} threads, ${ports} ports`,
  ].join('; ')
}
