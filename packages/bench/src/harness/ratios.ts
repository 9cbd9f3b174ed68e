/** The middle of a sample, and what half of it lies between. */
export interface Quartiles {
  readonly lower: number
  readonly median: number
  readonly upper: number
}

/** With linear interpolation between the two nearest values. @throws RangeError for no values. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('No values have no quantile')
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const [left, right] = [sorted[below]!, sorted[Math.ceil(at)]!]
  return left + (right - left) * (at - below)
}

export function quartiles(values: readonly number[]): Quartiles {
  return {
    lower: quantile(values, 0.25),
    median: quantile(values, 0.5),
    upper: quantile(values, 0.75),
  }
}

/**
 * The ratios of two samples, round by round: a slow minute of the machine hits both of a pair, so it leaves the ratio
 * alone. @throws RangeError for samples of different length.
 */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length) throw new RangeError('Only rounds that both ran can be paired')
  return ours.map((our, round) => our / theirs[round]!)
}
