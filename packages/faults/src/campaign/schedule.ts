import type { DatabaseOptions } from '@pglease/broker'
import { Random, seedOf } from '../common/random.js'
import type { Fault, FaultGroup } from '../faults/fault.js'
import { FAULTS } from '../faults/index.js'
import type { Load } from '../subject/messages.js'

/** One fault to come. */
export interface Strike {
  readonly fault: string
  /** Behind the one before it in its line. */
  readonly afterMillis: number
  readonly seed: number
}

/** What a round brings: its seed says all of it. */
export interface RoundPlan {
  readonly number: number
  readonly seed: number
  readonly temper: Temper
  readonly settings: DatabaseOptions
  readonly load: Load
  /** One strike behind the other in each of the lines, which run at the same time. */
  readonly lines: readonly (readonly Strike[])[]
}

/** Which faults a round is about: of one group, those that may cost nobody anything, or all. */
type Temper = FaultGroup | 'harmless' | 'all'

const TEMPERS: readonly Temper[] = ['threads', 'backends', 'network', 'server', 'harmless', 'all', 'all']

/** Lines of faults of one length. */
interface Lines {
  readonly count: number
  /** In each of them. */
  readonly strikes: number
  /** From the end of one to the next, on the average. */
  readonly pauseMillis: number
}

const LOAD: Load = {
  threads: 3,
  workers: 2,
  callers: { executor: 6, worker: 2, main: 1 },
  faultPercent: 12,
}

/** So many that a round does not cost more by its threads' starts than by its faults. */
const LINES: Readonly<Record<Fault['length'], Lines>> = {
  quick: { count: 4, strikes: 200, pauseMillis: 30 },
  long: { count: 1, strikes: 16, pauseMillis: 250 },
}

export interface ScheduleOptions {
  readonly seed: number
  /** The faults that there may be; all when empty. */
  readonly faults: readonly string[]
  /** Whether rounds are short: then each has less to tell. */
  readonly isBrief: boolean
}

/** A brief round has this part of the faults. */
const BRIEF = 1 / 10

export function planRound({ seed, faults: only, isBrief }: ScheduleOptions, number: number): RoundPlan {
  const own = seedOf(seed, 'round', number)
  const random = new Random(own)
  const temper = only.length > 0 ? 'all' : random.pick(TEMPERS)
  const part = isBrief ? BRIEF : 1
  const lengths = Object.keys(LINES) as Fault['length'][]
  return {
    number,
    seed: own,
    temper,
    settings: pickSettings(random),
    load: LOAD,
    lines: lengths.flatMap((length) => {
      const { count, strikes, pauseMillis } = LINES[length]
      const faults = faultsOf(temper, length, only)
      const line = { count: Math.ceil(strikes * part), pauseMillis }
      return Array.from({ length: count }, () => planLine(faults, line, random))
    }),
  }
}

/** So many strikes, each with one of these faults. */
export function planLine(
  faults: readonly Fault[],
  { count, pauseMillis }: { readonly count: number; readonly pauseMillis: number },
  random: Random,
): Strike[] {
  return Array.from({ length: faults.length === 0 ? 0 : count }, () => ({
    fault: random.pickWeighted(faults).name,
    afterMillis: -Math.log(1 - random.next()) * pauseMillis,
    seed: random.below(2 ** 31),
  }))
}

function faultsOf(temper: Temper, length: Fault['length'], only: readonly string[]): Fault[] {
  const ofLength = FAULTS.filter(
    (fault) => fault.length === length && (only.length === 0 || only.includes(fault.name)),
  )
  if (temper === 'all') return ofLength
  if (temper === 'harmless') return ofLength.filter(({ costs }) => Object.keys(costs).length === 0)
  const ofGroup = ofLength.filter(({ group }) => group === temper)
  // What lasts long is long on its own: others strike meanwhile.
  return ofGroup.length === 0 && length === 'quick' ? ofLength : ofGroup
}

function pickSettings(random: Random): DatabaseOptions {
  return {
    max: 1 + random.below(4),
    min: random.pick([0, 0, 1]),
    // Longer than faults one behind the other keep it from connecting, and less than tasks may take to settle.
    connectionTimeoutMillis: 45_000,
    validateAfterIdleMillis: random.pick([0, 100, 500]),
    validateTimeoutMillis: 1000,
    cancelTimeoutMillis: 1000,
    idleTimeoutMillis: random.pick([5, 10_000]),
    maxUses: random.pick([0, 0, 50]),
    maxLifetimeSeconds: random.pick([0, 0, 1]),
    prepare: random.pick([true, 'connection'] as const),
  }
}
