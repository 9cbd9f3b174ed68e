import type { DatabaseOptions } from '@pglease/broker'
import { Random, seedOf } from '../common/random.js'
import type { Fault, FaultGroup } from '../faults/fault.js'
import { FAULTS } from '../faults/index.js'

/** One fault to come. */
export interface Strike {
  readonly fault: string
  /** Behind the one before it of the same length. */
  readonly afterMillis: number
  readonly seed: number
}

/** What a round brings: its seed says all of it. */
export interface RoundPlan {
  readonly number: number
  readonly seed: number
  /** Which faults it is about. */
  readonly temper: FaultGroup | 'all'
  readonly settings: DatabaseOptions
  /** One behind the other in each of the two lines, which run at the same time. */
  readonly strikes: Readonly<Record<Fault['length'], readonly Strike[]>>
}

const TEMPERS: readonly RoundPlan['temper'][] = ['threads', 'backends', 'network', 'server', 'all', 'all']

/** Between two faults, on the average. */
const QUICK_MILLIS = 15
const LONG_MILLIS = 150

const QUICK_STRIKES = 250
const LONG_STRIKES = 8

export interface ScheduleOptions {
  readonly seed: number
  /** The faults that there may be; all when empty. */
  readonly faults: readonly string[]
  /** Whether rounds are short: then each has less to tell. */
  readonly isBrief: boolean
}

/** A brief round has this part of the faults. */
const BRIEF = 1 / 5

export function planRound({ seed, faults: only, isBrief }: ScheduleOptions, number: number): RoundPlan {
  const own = seedOf(seed, 'round', number)
  const random = new Random(own)
  const temper = only.length > 0 ? 'all' : random.pick(TEMPERS)
  const part = isBrief ? BRIEF : 1
  const mayStrike = FAULTS.filter(
    ({ name, group }) => (temper === 'all' || group === temper) && (only.length === 0 || only.includes(name)),
  )
  const strikes = (length: Fault['length'], count: number, millis: number): Strike[] => {
    const faults = mayStrike.filter((fault) => fault.length === length)
    if (faults.length === 0) return []
    return Array.from({ length: count }, () => ({
      fault: random.pickWeighted(faults).name,
      afterMillis: -Math.log(1 - random.next()) * millis,
      seed: random.below(2 ** 31),
    }))
  }
  return {
    number,
    seed: own,
    temper,
    settings: pickSettings(random),
    strikes: {
      quick: strikes('quick', Math.ceil(QUICK_STRIKES * part), QUICK_MILLIS),
      long: strikes('long', Math.ceil(LONG_STRIKES * part), LONG_MILLIS),
    },
  }
}

function pickSettings(random: Random): DatabaseOptions {
  return {
    max: 1 + random.below(4),
    min: random.pick([0, 0, 1]),
    // Longer than any fault lasts.
    connectionTimeoutMillis: 20_000,
    validateAfterIdleMillis: random.pick([0, 100, 500]),
    validateTimeoutMillis: 1000,
    cancelTimeoutMillis: 1000,
    idleTimeoutMillis: random.pick([5, 10_000]),
    maxUses: random.pick([0, 0, 50]),
    maxLifetimeSeconds: random.pick([0, 0, 1]),
  }
}
