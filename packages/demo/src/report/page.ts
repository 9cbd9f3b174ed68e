import { readFileSync } from 'node:fs'
import { htmlPage } from '@pglease/commands'
import { countryName } from '../countries.js'
import { count, type Summary, type SummaryLine, savedPercent, summaryLines, whole } from '../summary.js'
import type { TourResult } from '../tasks/plan-tour.js'

export interface Report {
  readonly summary: Summary
  readonly tours: readonly TourResult[]
  /** An SVG element. */
  readonly map: string
}

const asset = (name: string) => readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8')

/** One HTML file that needs nothing else, not even the network. */
export function renderPage({ summary, tours, map }: Report): string {
  const body = `<header>
<h1>A short tour through ${summary.countries === 1 ? 'the cities of one country' : `the cities of ${whole(summary.countries)} countries`}</h1>
<p>${count(summary.cities, 'city', 'cities')}, planned by ${count(summary.threads, 'thread')} that shared
${count(summary.maxConnections, 'Postgres connection')} in ${summary.seconds.toFixed(1)} seconds with pglease.</p>
</header>
<figure>
${map}
<figcaption>Each line is a closed tour that visits every city of its country once.
Pinch or double-click to enlarge, drag to move, or choose a country below.</figcaption>
<output id="card" hidden></output>
<button id="world" type="button" hidden>Whole world</button>
</figure>
<main>
<dl class="summary">
${summaryLines(summary).map(renderLine).join('\n')}
</dl>
${renderTours(tours)}
</main>
<footer>Cities: GeoNames (CC BY 4.0). Coasts and borders: Natural Earth. Projection: Equal Earth.</footer>
<script>
${asset('report.js')}</script>`
  return htmlPage({ title: 'pglease: a short tour through every country', style: asset('report.css'), body })
}

function renderLine([label, value, note = '']: SummaryLine): string {
  return `<div><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`
}

const COLUMNS = ['Country', 'Cities', 'km before', 'km after', 'Shorter by', 'Moves tried', 'Seconds']

/** As wide as a digit, so that the bars beside one and two digits begin at the same place. */
const FIGURE_SPACE = '\u2007'

function renderTours(tours: readonly TourResult[]): string {
  return `<table>
<thead><tr>${COLUMNS.map((name) => `<th scope="col"><button type="button">${name}</button></th>`).join('')}</tr></thead>
<tbody>
${tours.map(renderTour).join('\n')}
</tbody>
</table>`
}

const drawShare = (share: number): string => `<i style="--share:${share.toFixed(3)}"></i>`

function renderTour({
  country,
  cities,
  kilometresBefore,
  kilometresAfter,
  moves,
  seconds,
}: TourResult): string {
  const saved = kilometresBefore > 0 ? 1 - kilometresAfter / kilometresBefore : 0
  const cells: [value: number, text: string][] = [
    [cities, whole(cities)],
    [kilometresBefore, whole(kilometresBefore)],
    [kilometresAfter, whole(kilometresAfter)],
    [
      saved,
      `${drawShare(saved)}${savedPercent(kilometresBefore, kilometresAfter).padStart(6, FIGURE_SPACE)}`,
    ],
    [moves, whole(moves)],
    [seconds, seconds.toFixed(2)],
  ]
  const name = countryName(country)
  return `<tr data-country="${country}"><th scope="row" data-value="${name}"><button type="button">${name}</button></th>${cells
    .map(([value, text]) => `<td data-value="${value}">${text}</td>`)
    .join('')}</tr>`
}
