import { parseFlags, readWhole, UsageError } from '@pglease/commands'
import { GROUPS } from './groups.js'

export interface FuzzOptions {
  readonly seconds: number
  readonly seed: number
  /** All when empty. */
  readonly groups: readonly string[]
  /** All of the groups' when empty. */
  readonly targets: readonly string[]
  /** The batches to run, from the first up to the last, which is not among them. */
  readonly from: number
  readonly batches: number
  readonly json: string | undefined
}

const DEFAULT_SECONDS = 60

export const HELP = `Gives pglease what it does not expect, and looks whether the process lives and the innocent get their answers.

Usage: pnpm fuzz [options]

  --seconds N    for each group   (${DEFAULT_SECONDS})
  --seed N       what the cases are made of   (another one each time; it is printed)
  --group NAME   only this group; may be repeated
  --target NAME  only this target of the groups; may be repeated
  --batch N      only this batch of each target: what a finding is repeated with; 0 is that of the kept cases
  --json FILE    write what was found
  --help         print this

Groups:
${GROUPS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Exit code: 0 when nothing was found; 1 when something was; 2 when the command line is wrong.
`

const FLAGS = {
  seconds: { type: 'string' },
  seed: { type: 'string' },
  group: { type: 'string', multiple: true },
  target: { type: 'string', multiple: true },
  batch: { type: 'string' },
  json: { type: 'string' },
} as const

/** @throws UsageError */
export function readFuzzArguments(args: readonly string[]): FuzzOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const { seconds, seed, group: groups = [], target: targets = [], batch, json } = flags
  const known = GROUPS.map(({ name }) => name)
  for (const name of groups)
    if (!known.includes(name))
      throw new UsageError(`There is no group "${name}". There are: ${known.join(', ')}.`)
  const only = readWhole('--batch', batch, { least: 0, most: 2 ** 31 })
  return {
    seconds: readWhole('--seconds', seconds, { least: 1, most: 86_400 }) ?? DEFAULT_SECONDS,
    seed: readWhole('--seed', seed, { least: 0, most: 2 ** 32 - 1 }) ?? Math.floor(Math.random() * 2 ** 32),
    groups: groups.length === 0 ? known : groups,
    targets,
    from: only ?? 0,
    batches: only === undefined ? Number.MAX_SAFE_INTEGER : only + 1,
    json,
  }
}
