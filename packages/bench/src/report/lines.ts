import { escapeHtml } from '@pglease/commands'
import type { Result } from '../harness/result.js'

const [WIDTH, HEIGHT] = [460, 260]
const LABEL_HEIGHT = 13
const MARGIN = { left: 46, right: 96, top: 12, bottom: 34 }

type Point = readonly [x: number, y: number]

/** Results that are points of one line, for each entrant a line. Both axes are logarithmic. */
export function renderLines(results: readonly Result[]): string {
  const { metric, point } = results[0]!
  const xs = results.map((result) => result.point!.at)
  const ys = results.flatMap(({ entrants }) => entrants.map(({ median }) => median)).filter((y) => y > 0)
  if (ys.length === 0) return ''
  const [low, high] = [
    10 ** Math.floor(Math.log10(Math.min(...ys))),
    10 ** Math.ceil(Math.log10(Math.max(...ys))),
  ]
  const place = ([x, y]: Point): Point => [
    MARGIN.left + scale(x, Math.min(...xs), Math.max(...xs)) * (WIDTH - MARGIN.left - MARGIN.right),
    HEIGHT - MARGIN.bottom - scale(y, low, high) * (HEIGHT - MARGIN.top - MARGIN.bottom),
  ]
  const lines = results[0]!.entrants.map(({ name }) => ({
    name,
    points: results.map(({ entrants, point }) =>
      place([point!.at, entrants.find((entrant) => entrant.name === name)!.median]),
    ),
  }))
  const labels = apart(lines.map(({ points }) => points.at(-1)![1]))
  const better = metric.better === 'higher' ? 'more is better' : 'less is better'
  return `<figure class="lines">
<figcaption>${escapeHtml(metric.name)}<small>${escapeHtml(metric.unit)}, by ${escapeHtml(point!.axis)}; ${better}</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(metric.name)} by ${escapeHtml(point!.axis)}">
${powersOfTen(low, high)
  .map((y) => renderGrid(y, place([xs[0]!, y])[1]))
  .join('')}
${xs.map((x) => `<text x="${place([x, low])[0]}" y="${HEIGHT - 12}" text-anchor="middle">${x}</text>`).join('')}
${lines.map(({ name, points }, at) => renderLine(name, at, points, labels[at]!)).join('\n')}
</svg></figure>`
}

function renderGrid(value: number, y: number): string {
  return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}"/>
<text x="${MARGIN.left - 6}" y="${y + 4}" text-anchor="end">${plain(value)}</text>`
}

function renderLine(name: string, at: number, points: readonly Point[], labelY: number): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  const [x] = points.at(-1)!
  return `<g class="series-${at}"><polyline points="${path}"/>
${points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"/>`).join('')}
<text x="${x + 8}" y="${labelY + 4}">${escapeHtml(name)}</text></g>`
}

/** Moves heights down until each has room for a line of text. */
function apart(heights: readonly number[]): number[] {
  const moved = [...heights]
  const order = heights.map((_, at) => at).sort((a, b) => heights[a]! - heights[b]!)
  for (const [rank, at] of order.entries()) {
    const above = rank === 0 ? undefined : moved[order[rank - 1]!]
    if (above !== undefined) moved[at] = Math.max(moved[at]!, above + LABEL_HEIGHT)
  }
  return moved
}

function powersOfTen(low: number, high: number): number[] {
  const count = Math.round(Math.log10(high / low))
  return Array.from({ length: count + 1 }, (_, power) => low * 10 ** power)
}

/** A power of ten. */
function plain(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : `${value}`
}

/** From 0 to 1, on a logarithmic axis. */
function scale(value: number, low: number, high: number): number {
  return low === high ? 0.5 : Math.log(Math.max(value, low) / low) / Math.log(high / low)
}
