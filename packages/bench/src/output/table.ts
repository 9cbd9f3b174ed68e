import type { ProcessorTime } from '../harness/processor-time.js'
import type { Comparison, Result, Target, Verdict } from '../harness/result.js'
import { digits, short } from './numbers.js'

/** One result as lines of text. */
export function formatResult({ name, title, metric, entrants, comparisons, target }: Result): string {
  const against = new Map(comparisons.map((each) => [each.against, each]))
  const lines = entrants.map(({ name, median, account }, at) => {
    const comparison = against.get(name)
    const value = `  ${name.padEnd(18)}${short(median).padStart(9)}${formatAccount(account)}`
    if (comparison) return `${value}  ${formatComparison(comparison)}`
    return at === 0 && target ? `${value}  ${' '.repeat(26)}${formatVerdict(target)}` : value
  })
  const head = `${name}: ${title}, ${metric.name} in ${metric.unit}`
  return [head, ...lines.map((line) => line.trimEnd()), ''].join('\n')
}

/** What a unit takes of the main thread, the others and the server. */
function formatAccount(account: ProcessorTime | undefined): string {
  if (account === undefined) return ''
  const micros = [account.main, account.threads, account.server]
  const [factor, unit] = Math.max(...micros) < 0.1 ? [1000, 'ns'] : [1, 'µs']
  return `  [${micros.map((each) => digits(each * factor).padStart(4)).join(' + ')} ${unit}]`.padEnd(28)
}

function formatComparison({ ratio, target }: Comparison): string {
  const spread = `${digits(ratio.lower)}–${digits(ratio.upper)}`
  const text = `${digits(ratio.median).padStart(6)}  (${spread})`.padEnd(26)
  if (target === undefined) return text.trimEnd()
  return `${text}${formatVerdict(target)}`
}

function formatVerdict(target: Verdict): string {
  return `${formatTarget(target)}: ${target.reached ? 'reached' : 'NOT REACHED'}`
}

export function formatTarget({ least, most }: Target): string {
  return least === undefined ? `≤ ${most}` : `≥ ${least}`
}
