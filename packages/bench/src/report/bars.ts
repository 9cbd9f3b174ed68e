import { escapeHtml } from '@pglease/commands'
import type { EntrantResult, Result } from '../harness/result.js'
import { digits, short } from '../output/numbers.js'
import { percent } from './percent.js'

/** The medians of one result as bars, with a dot for each round. */
export function renderBars({ name, metric, entrants, comparisons, target }: Result): string {
  // A limit is part of the picture.
  const most = Math.max(...entrants.flatMap(({ samples }) => samples), target?.most ?? Number.MIN_VALUE)
  const ratios = new Map(comparisons.map(({ against, ratio }) => [against, ratio]))
  const rows = entrants.map((entrant, at) => {
    const ratio = ratios.get(entrant.name)
    const note = ratio ? `${digits(ratio.median)} <i>${digits(ratio.lower)}–${digits(ratio.upper)}</i>` : ''
    return renderRow(entrant, most, at === 0, note)
  })
  const better = metric.better === 'higher' ? 'more is better' : 'less is better'
  return `<figure class="bars">
<figcaption>${escapeHtml(name)}<small>${escapeHtml(metric.name)}, ${escapeHtml(metric.unit)}; ${better}</small></figcaption>
${rows.join('\n')}
</figure>`
}

function renderRow({ name, median, samples }: EntrantResult, most: number, isFirst: boolean, ratio: string) {
  const dots = samples.map((value) => `<circle cx="${percent(value / most)}" cy="9" r="1.5"/>`).join('')
  return `<div class="row${isFirst ? ' first' : ''}"><span class="name">${escapeHtml(name)}</span>
<svg width="100%" height="18" aria-hidden="true"><rect width="${percent(median / most)}" y="2" height="14" rx="2"/>${dots}</svg>
<span class="median">${short(median)}</span><span class="ratio">${ratio}</span></div>`
}
