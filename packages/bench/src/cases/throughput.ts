import { clonedRows } from '../contenders/cloned-rows.js'
import type { Contender } from '../contenders/contender.js'
import { ownNamed, ownPool } from '../contenders/own-pool.js'
import { pgBouncer } from '../contenders/pgbouncer.js'
import { pglease } from '../contenders/pglease.js'
import { postgresJs } from '../contenders/postgres-js.js'
import { accountMetric, keyOf } from '../harness/account.js'
import type { ProcessorTime } from '../harness/processor-time.js'
import type { Target } from '../harness/result.js'
import type { Case } from './case.js'
import { type ComparisonSpec, comparison } from './comparison.js'
import { type InputOf, inEachThread, type RatedLoad } from './rates.js'

/** Those whose connections last; connecting for each task is so slow that it is compared in one case only. */
const LASTING: readonly Contender[] = [pglease, ownPool, pgBouncer, clonedRows, postgresJs]

/** Where the same texts are sent again and again. */
export const REPEATING: readonly Contender[] = LASTING.flatMap((each) =>
  each === ownPool ? [ownPool, ownNamed] : [each],
)

interface ThroughputSpec extends Omit<ComparisonSpec, 'metrics' | 'contenders'> {
  /** What is counted, in the plural. */
  readonly unit: string
  readonly targets: readonly Target[]
  /** What a unit may take of the main thread, the others or the server. Only known on Linux. */
  readonly accountTargets?: Partial<Record<keyof ProcessorTime, readonly Target[]>>
  /** Default: `LASTING`. */
  readonly contenders?: readonly Contender[]
}

/** A case about how much of something the threads do in a second. */
export function throughput({
  unit,
  targets,
  accountTargets = {},
  contenders = LASTING,
  ...spec
}: ThroughputSpec): Case {
  const rate = { name: 'throughput', unit: `${unit}/s`, better: 'higher', targets } as const
  const parts = Object.entries(accountTargets) as [keyof ProcessorTime, readonly Target[]][]
  const account = parts.map(([part, targets]) => [keyOf(part), { ...accountMetric(part, unit), targets }])
  return comparison({ ...spec, contenders, metrics: { rate, ...Object.fromEntries(account) } })
}

interface LoadSpec<N extends RatedLoad> extends Omit<ThroughputSpec, 'round' | 'warmUpRound'> {
  readonly load: N
  readonly input: InputOf<N>
  /** Of the rounds that do not count. Default: `input`. */
  readonly warmUpInput?: InputOf<N>
}

/** The same of one load, run in each thread at the same time. */
export function loadThroughput<N extends RatedLoad>({
  load,
  input,
  warmUpInput = input,
  ...spec
}: LoadSpec<N>): Case {
  return throughput({
    ...spec,
    warmUpRound: (round) => inEachThread(round, load, warmUpInput),
    round: (round) => inEachThread(round, load, input),
  })
}
