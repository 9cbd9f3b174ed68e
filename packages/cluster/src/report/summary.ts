import { count, countryName } from '@pglease/demo/parts'
import type { JobStory, Ledger } from '../supervisor/ledger.js'

/** What `--json` prints. */
export interface Summary {
  readonly processes: number
  /** Of each process. */
  readonly threads: number
  readonly countries: number
  /** Those that have a tour. */
  readonly planned: number
  /** Those of which a tour was written more than once. */
  readonly plannedTwice: number
  /** Jobs that were run more than once. */
  readonly retried: number
  /** Processes that ended although nobody had told them to, and threads that ended in the midst of a job. */
  readonly killed: number
  /** `connections` × `processes`. */
  readonly maxConnections: number
  /** The most connections of the processes that Postgres itself ever showed. */
  readonly peakConnections: number
  /** Those that Postgres still showed at the end. */
  readonly leakedConnections: number
  /** Whether Postgres found every tour to be right. */
  readonly verified: boolean
  /** From the first connection to the last. */
  readonly seconds: number
}

export interface MemberSummary {
  readonly number: number
  readonly starts: number
}

/** Beyond this many the jobs that were run again are only counted. */
const MOST_TOLD = 30

export function printSummary(
  summary: Summary,
  members: readonly MemberSummary[],
  ledger: Ledger,
  connections: number,
): string {
  const { processes, threads, maxConnections, peakConnections } = summary
  const lines: (readonly [string, string | number, string?])[] = [
    ['countries', summary.countries],
    ['planned', summary.planned, summary.plannedTwice === 0 ? 'none twice' : `${summary.plannedTwice} TWICE`],
    ['run again', summary.retried],
    ['killed', summary.killed, 'processes, and threads in the midst of a job'],
    ['processes', processes, `${count(threads, 'thread')} each`],
    [
      'connections allowed',
      maxConnections,
      `${processes} × ${connections}, of which ${processes} wait for the queue’s notifications`,
    ],
    ['most ever open', peakConnections, 'as Postgres saw it; the supervisor has one more'],
    ['open at the end', summary.leakedConnections, 'as Postgres saw it'],
    ['verified in SQL', summary.verified ? 'yes' : 'NO', 'each city once, lengths agree'],
    ['seconds', summary.seconds.toFixed(1)],
  ]
  const figures = lines.map(([label, value, note]) => {
    const line = `${label.padEnd(19)}  ${String(value).padStart(6)}`
    return note === undefined ? line : `${line}  (${note})`
  })
  return [...figures, '', ...memberLines(members, ledger), ...againLines(ledger.runAgain)].join('\n')
}

function memberLines(members: readonly MemberSummary[], ledger: Ledger): string[] {
  const head = ['process', 'planned', 'failed', 'cut off', 'starts']
  const rows = members.map(({ number, starts }) => [
    number,
    ledger.count(number, 'planned', 'planned before'),
    ledger.count(number, 'failed', 'failed for good'),
    ledger.count(number, 'cut off'),
    starts,
  ])
  return [head, ...rows].map((row) => row.map((cell) => String(cell).padStart(8)).join(''))
}

function againLines(stories: readonly JobStory[]): string[] {
  if (stories.length === 0) return []
  const told = stories.slice(0, MOST_TOLD).map(({ country, runs }) => {
    const ways = runs.map(({ process, end, message }) => {
      const why = end === 'failed' ? ` (${message})` : ''
      return `process ${process} ${end}${why}`
    })
    return `  ${country} ${countryName(country)}: ${ways.join(', ')}`
  })
  const more = stories.length - told.length
  return ['', 'Run again:', ...told, ...(more > 0 ? [`  and ${more} more`] : [])]
}
