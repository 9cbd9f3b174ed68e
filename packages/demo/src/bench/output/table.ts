import type { Comparison, Result } from '../harness/result.js'
import { digits, short } from './numbers.js'

/** One result as lines of text. */
export function formatResult({ name, title, metric, entrants, comparisons }: Result): string {
  const against = new Map(comparisons.map((each) => [each.against, each]))
  const lines = entrants.map(({ name, median }) => {
    const comparison = against.get(name)
    const value = `  ${name.padEnd(18)}${short(median).padStart(9)}`
    return comparison ? `${value}  ${formatComparison(comparison)}` : value
  })
  return [`${name}: ${title}, ${metric.name} in ${metric.unit}`, ...lines, ''].join('\n')
}

function formatComparison({ ratio, target }: Comparison): string {
  const spread = `${digits(ratio.lower)}–${digits(ratio.upper)}`
  const text = `${digits(ratio.median).padStart(6)}  (${spread})`.padEnd(26)
  if (target === undefined) return text.trimEnd()
  return `${text}${formatTarget(target)}: ${target.reached ? 'reached' : 'NOT REACHED'}`
}

export function formatTarget({ least, most }: NonNullable<Comparison['target']>): string {
  return least === undefined ? `≤ ${most}` : `≥ ${least}`
}
