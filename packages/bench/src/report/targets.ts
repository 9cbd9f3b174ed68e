import { escapeHtml } from '@pglease/commands'
import type { Comparison, Result, Verdict } from '../harness/result.js'
import { digits } from '../output/numbers.js'
import { formatTarget } from '../output/table.js'
import { percent } from './percent.js'

/** How much better than its target a ratio is: 1 is just reached. */
interface Row {
  readonly label: string
  readonly value: string
  readonly reached: boolean
  readonly lower: number
  readonly median: number
  readonly upper: number
}

/** The axis of the chart, in powers of two around the target. */
const [LOWEST, HIGHEST] = [1 / 8, 8]
const TICKS = [0.125, 0.25, 0.5, 1, 2, 4, 8]

/** Every ratio that has a target, on one axis where the target is the line in the middle. */
export function renderTargets(results: readonly Result[]): string {
  const rows = results.flatMap(rowsOf)
  if (rows.length === 0) return ''
  return `<section class="targets">
<h2>What was to be reached</h2>
<p>Right of the line: better than the target. The bar spans the quartiles of the rounds' ratios.</p>
<div class="rows">
${rows.map(renderRow).join('\n')}
<div class="axis"><span></span><svg width="100%" height="18" aria-hidden="true">${TICKS.map(renderTick).join('')}</svg><span></span></div>
</div>
</section>`
}

function rowsOf({ name, comparisons, target, entrants }: Result): Row[] {
  const rows = comparisons.flatMap((comparison) =>
    comparison.target ? [ratioRow(name, comparison, comparison.target)] : [],
  )
  const own = entrants[0]!.median
  if (target !== undefined) {
    const value = `${digits(own)} (${formatTarget(target)})`
    rows.push({ label: name, value, reached: target.reached, ...better(target, own, own, own) })
  }
  return rows
}

function ratioRow(name: string, { against, ratio }: Comparison, target: Verdict): Row {
  return {
    label: name,
    value: `${digits(ratio.median)} of ${against} (${formatTarget(target)})`,
    reached: target.reached,
    ...better(target, ratio.lower, ratio.median, ratio.upper),
  }
}

function better({ least, most }: Verdict, lower: number, median: number, upper: number) {
  if (least !== undefined) return { lower: lower / least, median: median / least, upper: upper / least }
  if (most === undefined) throw new Error('A target has a bound')
  return { lower: most / upper, median: most / median, upper: most / lower }
}

function renderRow({ label, value, reached, lower, median, upper }: Row): string {
  const [left, right] = [position(lower), position(upper)]
  return `<div class="row ${reached ? 'reached' : 'missed'}"><span class="name">${escapeHtml(label)}</span>
<svg width="100%" height="22" role="img" aria-label="${escapeHtml(value)}">
<line class="goal" x1="50%" x2="50%" y1="0" y2="22"/>
<line class="spread" x1="${percent(left)}" x2="${percent(right)}" y1="11" y2="11"/>
<circle cx="${percent(position(median))}" cy="11" r="5"/>
</svg><span class="value"><b>${reached ? '✓' : '✗'}</b> ${escapeHtml(value)}</span></div>`
}

function renderTick(at: number): string {
  const label = at === 1 ? 'target' : at < 1 ? `1/${1 / at}` : `${at}×`
  return `<text x="${percent(position(at))}" y="13" text-anchor="middle">${label}</text>`
}

/** On a logarithmic axis, from 0 to 1. */
function position(value: number): number {
  const inside = Math.min(HIGHEST, Math.max(LOWEST, value))
  return Math.log(inside / LOWEST) / Math.log(HIGHEST / LOWEST)
}
