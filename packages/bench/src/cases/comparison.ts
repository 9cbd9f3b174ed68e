import type pg from 'pg'
import type { Contender, Running, Setting } from '../contenders/contender.js'
import { accountsOf, isKnown, withAccount } from '../harness/account.js'
import { alternate, inTime, type Values } from '../harness/alternate.js'
import { compare, type Metric, type Result, type Target } from '../harness/result.js'
import { warmUp } from '../harness/warm-up.js'
import type { Route } from '../server/address.js'
import type { Bench, Case, Scope, Variant } from './case.js'

const START_MILLIS = 30_000

/** The threads and the route to the server of one variant. */
export interface Place {
  readonly threads: number
  readonly route: Route
}

/** What a round may use. */
export interface Round {
  readonly running: Running
  readonly setting: Setting
  readonly bench: Bench
}

/** The same load given to contenders in turn. */
export interface ComparisonSpec {
  readonly name: string
  readonly title: string
  readonly metrics: Readonly<Record<string, Metric & { readonly targets: readonly Target[] }>>
  readonly contenders: readonly Contender[]
  readonly places: readonly Place[]
  /** What is beside one connection for each thread. */
  readonly setting?: (threads: number, contender: Contender) => Partial<Setting>
  /** At most so many rounds, for rounds that are long. */
  readonly maxRounds?: number
  /** Rounds that do not count, for compilers, caches and connections. Default: 3. In a quick run always 1. */
  readonly warmUp?: number | 'until steady'
  /**
   * A round that does not count, for loads that compute so long that compilers would see little of the rest. Default:
   * `round`.
   */
  readonly warmUpRound?: (round: Round) => Promise<Values>
  /** Makes what the load needs on the server, before the contenders start. */
  readonly prepare?: (admin: pg.Client, scope: Scope, place: Place) => Promise<void>
  /** Runs the load once and returns the value of each metric. @throws Error for a wrong answer. */
  readonly round: (round: Round) => Promise<Values>
}

export function comparison(spec: ComparisonSpec): Case {
  return {
    name: spec.name,
    title: spec.title,
    variants: ({ quick }) =>
      (quick ? spec.places.slice(0, 1) : spec.places).map((place) => ({
        name: `${place.threads}-threads/${place.route}`,
        measure: (bench) => measure(spec, place, bench),
      })) satisfies Variant[],
  }
}

async function measure(spec: ComparisonSpec, place: Place, bench: Bench): Promise<Result[]> {
  const { scope, admin } = bench
  await spec.prepare?.(admin, scope, place)
  const started: { contender: Contender; running: Running; setting: Setting }[] = []
  try {
    for (const contender of bench.available(spec.contenders)) {
      bench.progress(`starting ${contender.name}`)
      const setting = settingOf(spec, place, contender, bench)
      const running = await inTime(contender.start(setting), `starting ${contender.name}`, START_MILLIS)
      started.push({ contender, running, setting })
    }
    const entrants = (round: ComparisonSpec['round']) =>
      started.map(({ contender: { name }, running, setting }) => ({
        name,
        round: () => withAccount(bench.processorTime, () => round({ running, setting, bench })),
      }))
    bench.progress('warming up')
    const rounds = scope.quick ? 1 : (spec.warmUp ?? 3)
    await warmUp(entrants(spec.warmUpRound ?? spec.round), rounds, place.threads)
    bench.progress('measuring')
    const samples = await alternate(
      entrants(spec.round),
      Math.min(scope.rounds, spec.maxRounds ?? scope.rounds),
    )
    const accounts = accountsOf(samples)
    const known = Object.entries(spec.metrics).filter(([key]) => isKnown(samples.get(key)!))
    return known.map(([key, { targets, ...metric }], _, { length }) => {
      const name = `${spec.name}/${place.threads}-threads/${place.route}${length > 1 ? `/${key}` : ''}`
      return compare({ name, title: spec.title, metric, samples: samples.get(key)!, targets, accounts })
    })
  } finally {
    await Promise.allSettled(started.map(({ running }) => running.stop()))
  }
}

function settingOf(
  { setting }: ComparisonSpec,
  { threads, route }: Place,
  contender: Contender,
  bench: Bench,
): Setting {
  return {
    address: bench.addresses[route],
    threads,
    connections: threads,
    ...setting?.(threads, contender),
  }
}
