import type { ProcessorTime } from './processor-time.js'
import { pairedRatios, type Quartiles, quantile, quartiles } from './ratios.js'

/** What is measured, for people. */
export interface Metric {
  readonly name: string
  /** Of each value: `rows/s`. */
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

/** What the first entrant has to reach. */
export interface Target {
  /** Whom its ratio is to; its own value counts when nobody is named. */
  readonly against?: string
  /** For a metric that is better when higher. */
  readonly least?: number
  /** For a metric that is better when lower. */
  readonly most?: number
}

/** One metric of one variant of a case. */
export interface Result {
  /** The case's name, then the variant's, then the metric's where there are several: `point-lease/2-threads/socket`. */
  readonly name: string
  readonly title: string
  readonly metric: Metric
  /** The first is what the others are compared with. */
  readonly entrants: readonly EntrantResult[]
  readonly comparisons: readonly Comparison[]
  /** Of the first entrant's own value. */
  readonly target: Verdict | undefined
  /** Where it is on the line that it and others of the same case and metric form. */
  readonly point?: { readonly axis: string; readonly at: number }
}

export type Verdict = Target & { readonly reached: boolean }

export interface EntrantResult {
  readonly name: string
  readonly median: number
  /** One value for each round. */
  readonly samples: readonly number[]
  /** What each unit takes, in µs: the medians of the rounds. Only of rates, and on Linux. */
  readonly account: ProcessorTime | undefined
}

export interface Comparison {
  readonly against: string
  readonly ratio: Quartiles
  readonly target: Verdict | undefined
}

/** A case, or one variant of it, that went wrong. */
export interface Failure {
  readonly name: string
  readonly message: string
}

/** What `compare` needs: all that a result is but what it finds out. */
export interface Measured extends Pick<Result, 'name' | 'title' | 'metric' | 'point'> {
  /** By entrant, one value for each round. The first entrant is compared with the others. */
  readonly samples: ReadonlyMap<string, readonly number[]>
  readonly targets?: readonly Target[]
  readonly accounts?: ReadonlyMap<string, ProcessorTime> | undefined
}

/** A ratio to nothing says nothing: an entrant with a value of 0 is not compared with. */
export function compare({ samples, targets = [], accounts, ...rest }: Measured): Result {
  const entrants = [...samples].map(([name, values]) => ({
    name,
    median: quantile(values, 0.5),
    samples: values,
    account: accounts?.get(name),
  }))
  const [first, ...others] = entrants
  if (first === undefined) throw new Error(`Nobody ran ${rest.name}`)
  const comparisons = others
    .filter((other) => other.samples.every((value) => value > 0))
    .map((other) => {
      const ratio = quartiles(pairedRatios(first.samples, other.samples))
      return { against: other.name, ratio, target: verdict(targets, other.name, ratio.median) }
    })
  return { ...rest, entrants, comparisons, target: verdict(targets, undefined, first.median) }
}

function verdict(
  targets: readonly Target[],
  against: string | undefined,
  value: number,
): Verdict | undefined {
  const target = targets.find((each) => each.against === against)
  if (target === undefined) return undefined
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = target
  return { ...target, reached: value >= least && value <= most }
}
