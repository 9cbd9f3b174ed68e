/** How values grow with each step. */
export interface Trend {
  /** By the method of least squares; 0 for fewer than two values. */
  readonly slope: number
  /** The standard error of the slope: what it is by chance; 0 for fewer than three values. */
  readonly error: number
}

export function trendOf(values: readonly number[]): Trend {
  const count = values.length
  if (count < 2) return { slope: 0, error: 0 }
  const middle = (count - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  let [above, below] = [0, 0]
  values.forEach((value, at) => {
    above += (at - middle) * (value - mean)
    below += (at - middle) ** 2
  })
  const slope = above / below
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2, 0)
  return { slope, error: count < 3 ? 0 : Math.sqrt(rest / (count - 2) / below) }
}
