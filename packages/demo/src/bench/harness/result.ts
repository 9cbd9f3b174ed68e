import { pairedRatios, type Quartiles, quantile, quartiles } from './ratios.js'

/** What is measured, for people. */
export interface Metric {
  readonly name: string
  /** Of each value: `rows/s`. */
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

/** What the first entrant's ratio to another one has to be. */
export interface Target {
  readonly against: string
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
}

export interface EntrantResult {
  readonly name: string
  readonly median: number
  /** One value for each round. */
  readonly samples: readonly number[]
}

export interface Comparison {
  readonly against: string
  readonly ratio: Quartiles
  readonly target: (Target & { readonly reached: boolean }) | undefined
}

/** A case, or one variant of it, that went wrong. */
export interface Failure {
  readonly name: string
  readonly message: string
}

/** Compares the first of the samples with each of the others. */
export function compare(
  name: string,
  title: string,
  metric: Metric,
  samples: ReadonlyMap<string, readonly number[]>,
  targets: readonly Target[] = [],
): Result {
  const entrants = [...samples].map(([name, values]) => ({
    name,
    median: quantile(values, 0.5),
    samples: values,
  }))
  const [first, ...others] = entrants
  if (first === undefined) throw new Error(`Nobody ran ${name}`)
  const comparisons = others.map((other) => {
    const ratio = quartiles(pairedRatios(first.samples, other.samples))
    const target = targets.find(({ against }) => against === other.name)
    return {
      against: other.name,
      ratio,
      target: target && { ...target, reached: isReached(ratio.median, target) },
    }
  })
  return { name, title, metric, entrants, comparisons }
}

function isReached(ratio: number, { least, most }: Target): boolean {
  return ratio >= (least ?? Number.NEGATIVE_INFINITY) && ratio <= (most ?? Number.POSITIVE_INFINITY)
}
