import { readFileSync } from 'node:fs'

/** The results of the page on performance, of its table: so a new table is a new chart. */
const PAGE = new URL('../../performance.md', import.meta.url)

export interface Ratio {
  /** What was measured, as `task-1-query, 4 threads`. */
  name: string
  median: number
  quartiles: [number, number]
}

export interface Chart {
  alternative: string
  ratios: Ratio[]
}

declare const data: Chart[]

export { data }

export default {
  watch: ['../../performance.md'],
  load: () => charts(readFileSync(PAGE, 'utf8')),
}

/** Of the first table whose first column is `case`. */
export function charts(text: string): Chart[] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => /^\| case\b/.test(line))
  if (head < 0) throw new Error('performance.md has no table of cases')
  const [, , , ...alternatives] = cells(lines[head]!)
  const found = alternatives.map((alternative): Chart => ({ alternative, ratios: [] }))
  let group = ''
  for (let at = head + 2; lines[at]?.startsWith('|'); at++) {
    const [label = '', , , ...values] = cells(lines[at]!)
    group = /`([^`]+)`/.exec(label)?.[1] ?? group
    const variant = /^– (.*)/.exec(label)?.[1]
    const name = variant === undefined ? group : `${group}, ${variant}`
    for (const [index, value] of values.entries()) {
      const match = /^([\d.]+) \(([\d.]+)–([\d.]+)\)$/.exec(value)
      if (match === null) continue
      const [median, low, high] = match.slice(1).map(Number) as [number, number, number]
      found[index]!.ratios.push({ name, median, quartiles: [low, high] })
    }
  }
  return found.filter(({ ratios }) => ratios.length > 3)
}

const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
