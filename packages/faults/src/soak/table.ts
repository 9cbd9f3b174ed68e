import { countUnaccounted } from '../campaign/accounts.js'
import type { Ratio } from './burst.js'
import type { SoakOutcome } from './soak.js'

const MOST_SHOWN = 8

export function formatSoak({ verdicts, unaccounted, end, ...outcome }: SoakOutcome): string {
  const { path, minutes, tasks, failed, faults } = outcome
  const head = `${path}: ${minutes.toFixed(1)} minutes, ${tasks} tasks, ${failed} failed, ${faults} faults, ${countUnaccounted(unaccounted)} unaccounted`
  const lines = verdicts.map(({ measure, first, last, perMinute: { slope, error }, grows }) =>
    [
      `  ${measure.padEnd(20)}${first.toFixed(1).padStart(8)} →${last.toFixed(1).padStart(8)}`,
      `   ${slope.toFixed(2).padStart(8)} ± ${error.toFixed(2)} a minute`,
      grows ? '   GROWS' : '',
    ].join(''),
  )
  if (verdicts.length === 0) lines.push('  too short to judge what grows')
  if (end !== undefined)
    lines.push(
      `  when all was closed: ${end.descriptors} descriptors, ${end.threads} threads, heap ${end.heapMebibytes.toFixed(1)} MiB`,
    )
  const found = unaccounted
    .slice(0, MOST_SHOWN)
    .map(
      ({ what, task, faults: there }) =>
        `  UNACCOUNTED: ${what}${task === undefined ? '' : `\n    task: ${JSON.stringify(task)}`}\n    there were: ${[...new Set(there)].join(', ')}`,
    )
  return [head, ...lines, ...found, ''].join('\n')
}

export function formatRatios(tasks: number, ratios: readonly Ratio[]): string {
  const lines = ratios.map(({ what, unit, ours, theirs, ratio }) => {
    const [lower, median, upper] = ratio.map((value) => value.toFixed(2))
    return `  ${what.padEnd(28)}${ours.toFixed(1).padStart(9)} ${unit.padEnd(4)}${theirs.toFixed(1).padStart(9)} ${unit.padEnd(4)}  ${median} (${lower} to ${upper})`
  })
  return [
    `burst of ${tasks} tasks: pglease, Piscina, and their ratio (median, least and most of the pairs)`,
    ...lines,
    '',
  ].join('\n')
}
