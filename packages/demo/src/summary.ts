import { wrapWords } from '@pglease/commands'

/** What `--json` prints. */
export interface Summary {
  readonly countries: number
  readonly cities: number
  /** Tours asked for, one a country. */
  readonly tasks: number
  readonly failed: number
  readonly threads: number
  readonly maxConnections: number
  /** The most connections of the job that Postgres itself ever showed. */
  readonly peakConnections: number
  /** Those that Postgres still showed after the close. */
  readonly leakedConnections: number
  /** Whether Postgres found every tour to be right. */
  readonly verified: boolean
  /** Of all tours together, along the first tour of each, and along the improved one. */
  readonly kmBefore: number
  readonly kmAfter: number
  /** From the first connection to the last. */
  readonly seconds: number
}

/** A label, a value, and what the value is about. */
export type SummaryLine = readonly [label: string, value: string, note?: string]

export function summaryLines(summary: Summary): SummaryLine[] {
  const { tasks, failed, kmBefore, kmAfter, seconds } = summary
  return [
    ['countries', whole(summary.countries)],
    ['cities', whole(summary.cities)],
    ['kilometres before', whole(kmBefore), 'along a space-filling curve'],
    ['kilometres after', whole(kmAfter), `${savedPercent(kmBefore, kmAfter)} shorter`],
    ['seconds', seconds.toFixed(1)],
    ['tasks', whole(tasks), failed === 0 ? 'none failed' : `${whole(failed)} failed`],
    ['tasks per second', (tasks / seconds).toFixed(1)],
    ['threads', whole(summary.threads)],
    ['connections allowed', whole(summary.maxConnections)],
    ['most ever open', whole(summary.peakConnections), 'as Postgres saw it'],
    ['open after the close', whole(summary.leakedConnections), 'as Postgres saw it'],
    ['verified in SQL', summary.verified ? 'yes' : 'NO', 'each city once, lengths agree'],
  ]
}

/**
 * One line each, with its note beside the value, or below it where the terminal is too narrow.
 * @param columns of the terminal: 0 or undefined for a width that nobody knows
 */
export function printSummary(summary: Summary, columns?: number): string {
  const lines = summaryLines(summary)
  const widest = (column: 0 | 1) => Math.max(...lines.map((line) => line[column].length))
  return lines
    .map(([label, value, note]) => {
      const line = `${label.padEnd(widest(0))}  ${value.padStart(widest(1))}`
      if (note === undefined) return line
      const beside = `${line}  (${note})`
      return columns && beside.length > columns ? `${line}\n  (${note})` : beside
    })
    .map((line) => wrapWords(line, columns))
    .join('\n')
}

export const savedPercent = (before: number, after: number): string =>
  `${(before > 0 ? 100 * (1 - after / before) : 0).toFixed(1)} %`

export const whole = (value: number): string => Math.round(value).toLocaleString('en')

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${whole(number)} ${number === 1 ? one : many}`

/** To the metre, so that the last digits of a double do not look like knowledge. */
export const roundKilometres = (kilometres: number): number => Math.round(kilometres * 1000) / 1000
