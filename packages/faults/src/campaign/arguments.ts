import { parseFlags, readWhole, UsageError } from '@pglease/commands'
import { FAULTS } from '../faults/index.js'
import { TASK_FAULTS } from '../load/task-faults/index.js'
import type { CampaignOptions } from './campaign.js'
import { PATHS } from './paths.js'

export interface FaultsOptions extends CampaignOptions {
  /** All when empty. */
  readonly paths: readonly string[]
  readonly json: string | undefined
}

const DEFAULT_SECONDS = 60

export const HELP = `Has load done, breaks what can break meanwhile, and accounts for every task exactly once.

Usage: pnpm faults [options]

  --seconds N    for each path   (${DEFAULT_SECONDS})
  --count N      ends a path behind so many faults, where that is sooner
  --seed N       what the schedule and the load are made of   (another one each time; it is printed)
  --path NAME    only this path; may be repeated
  --round N      only this round of the schedule: what a finding is repeated with
  --brief        rounds of a tenth of the faults
  --fault NAME   only this fault; may be repeated
  --json FILE    write all that was found
  --help         print this

Paths:
${PATHS.map(({ name, about }) => `  ${name.padEnd(15)}${about}`).join('\n')}

A task is affected by a fault when it failed of it. It is unaccounted when it has not settled; when its row is not in the
database as it was told; when an answer or the session was not right; and when it failed of nothing that may cost it that.
Exit code: 0 when nothing is unaccounted; 1 when something is; 2 when the command line is wrong.
`

const FLAGS = {
  seconds: { type: 'string' },
  count: { type: 'string' },
  seed: { type: 'string' },
  path: { type: 'string', multiple: true },
  round: { type: 'string' },
  brief: { type: 'boolean' },
  fault: { type: 'string', multiple: true },
  json: { type: 'string' },
} as const

/** @throws UsageError */
export function readFaultsArguments(args: readonly string[]): FaultsOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const { seconds, count, seed, round, brief = false, json } = flags
  const { path: paths = [], fault: faults = [] } = flags
  const pathNames = PATHS.map(({ name }) => name)
  for (const name of paths) mustBeOneOf('path', name, pathNames)
  const faultNames = [...FAULTS, ...TASK_FAULTS].map(({ name }) => name)
  for (const name of faults) mustBeOneOf('fault', name, faultNames)
  return {
    seconds: readWhole('--seconds', seconds, { least: 1, most: 86_400 }) ?? DEFAULT_SECONDS,
    faultCount: readWhole('--count', count, { least: 1, most: 10 ** 9 }) ?? Number.POSITIVE_INFINITY,
    seed: readWhole('--seed', seed, { least: 0, most: 2 ** 32 - 1 }) ?? Math.floor(Math.random() * 2 ** 32),
    round: readWhole('--round', round, { least: 0, most: 10 ** 9 }),
    isBrief: brief,
    paths: paths.length === 0 ? pathNames : paths,
    faults,
    json,
  }
}

function mustBeOneOf(what: string, name: string, names: readonly string[]): void {
  if (!names.includes(name))
    throw new UsageError(`There is no ${what} "${name}". There are: ${names.join(', ')}.`)
}
