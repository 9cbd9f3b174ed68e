import { counted } from '@pglease/client/internal'
import { trendOf } from '../common/slope.js'
import type { Measure } from '../subject/resources.js'
import { countUnaccounted } from './accounts.js'
import type { PathOutcome } from './campaign.js'

/** No more than so many of what is unaccounted are printed; all are in the JSON. */
const MOST_SHOWN = 8

/** The outcome of one path as lines of text. */
export function formatOutcome(outcome: PathOutcome): string {
  const { path, rounds, tasks, failed, faults, figures, unaccounted } = outcome
  const names = Object.keys(figures).sort()
  const width = Math.max(...names.map((name) => name.length), 'fault'.length) + 2
  const line = (name: string, ...numbers: (number | string)[]) =>
    `  ${name.padEnd(width)}${numbers.map((each) => String(each).padStart(13)).join('')}`
  return [
    `${path}: ${counted(faults, 'fault')} in ${counted(rounds, 'round')}, ${counted(tasks, 'task')}, ${failed} failed, ${countUnaccounted(unaccounted)} unaccounted`,
    line('fault', 'times', 'affected', 'unaccounted'),
    ...names.map((name) => {
      const { times, affected, unaccounted: wrong } = figures[name]!
      return line(name, times, affected, wrong)
    }),
    ...formatResources(outcome),
    ...unaccounted.slice(0, MOST_SHOWN).map(formatUnaccounted),
    '',
  ].join('\n')
}

function formatResources({ resources, events }: PathOutcome): string[] {
  const [first, last] = [resources[0], resources.at(-1)]
  if (first === undefined || last === undefined) return []
  const grown = (what: Measure, unit: string) => {
    const values = resources.slice(1).map((each) => each[what])
    return `${what} ${last[what].toFixed(0)} (${trendOf(values).slope.toFixed(2)} a round${unit})`
  }
  const told = Object.entries(events).map(([what, count]) => `${what}: ${count}`)
  return [
    `  behind the last round: ${grown('descriptors', '')}, ${grown('threads', '')}, ${grown('ports', '')}`,
    `  ${grown('heapMebibytes', ' MiB')}, ${grown('externalMebibytes', ' MiB')}, ${grown('residentMebibytes', ' MiB')}`,
    ...(told.length === 0 ? [] : [`  told meanwhile: ${told.join('; ')}`]),
  ]
}

function formatUnaccounted({ round, what, task, faults }: PathOutcome['unaccounted'][number]): string {
  const whose = task === undefined ? '' : `\n    task: ${JSON.stringify(task)}`
  const when = faults.length === 0 ? '' : `\n    there were: ${[...new Set(faults)].join(', ')}`
  return `  UNACCOUNTED in round ${round}: ${what}${whose}${when}`
}
