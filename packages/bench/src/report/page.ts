import { escapeHtml, htmlPage } from '@pglease/commands'
import { CASES } from '../cases/index.js'
import { CONTENDERS } from '../contenders/index.js'
import type { Failure, Result } from '../harness/result.js'
import { describe } from '../output/environment.js'
import type { Outcome } from '../run.js'
import { renderBars } from './bars.js'
import { renderLines } from './lines.js'
import { STYLE } from './style.js'
import { renderTargets } from './targets.js'

const TITLE = 'pglease beside its alternatives'

/** One HTML file that needs nothing else. */
export function renderReport({
  environment,
  serverVersion,
  scope,
  results,
  failures,
  skipped,
  seconds,
}: Outcome): string {
  const load = environment.loadBefore.toFixed(1)
  const body = `<header>
<h1>${TITLE}</h1>
<p>${escapeHtml(describe(environment))}, PostgreSQL ${escapeHtml(serverVersion)}. Load before: ${load}.
${scope.quick ? 'A quick run: few and short rounds. ' : ''}Each number is the median of its rounds, which the contenders ran in turn;
a ratio is pglease's value divided by theirs, round by round, with its quartiles.</p>
</header>
<main>
${renderFailures(failures)}
${renderTargets(results)}
${CASES.map(({ name, title }) =>
  renderCase(
    title,
    results.filter((result) => result.name.split('/')[0] === name),
  ),
).join('\n')}
${renderContenders(skipped)}
</main>
<footer>${escapeHtml(environment.started)}, ${Math.round(seconds)} s.</footer>`
  return htmlPage({ title: TITLE, style: STYLE, body })
}

function renderCase(title: string, results: readonly Result[]): string {
  if (results.length === 0) return ''
  const lines = new Map<string, Result[]>()
  for (const result of results.filter(({ point }) => point !== undefined))
    lines.set(result.metric.unit, [...(lines.get(result.metric.unit) ?? []), result])
  const bars = results.filter(({ point }) => point === undefined)
  return `<section>
<h2>${escapeHtml(title)}</h2>
<div class="charts">
${[...[...lines.values()].map(renderLines), ...bars.map(renderBars)].join('\n')}
</div>
</section>`
}

function renderFailures(failures: readonly Failure[]): string {
  if (failures.length === 0) return ''
  const items = failures.map(
    ({ name, message }) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(message)}</dd>`,
  )
  return `<section class="failures"><h2>Failed</h2><dl>${items.join('')}</dl></section>`
}

function renderContenders(skipped: Readonly<Record<string, string>>): string {
  const items = CONTENDERS.map(({ name, about }) => {
    const why = skipped[name]
    return `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(about)}${why ? ` – skipped: ${escapeHtml(why)}` : ''}</dd>`
  })
  return `<section><h2>Contenders</h2><dl>${items.join('')}</dl></section>`
}
