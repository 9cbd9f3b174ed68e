import { parseFlags, readWhole, UsageError } from '@pglease/commands'
import { PATHS, type Path } from '../campaign/paths.js'
import type { SoakOptions } from './soak.js'

export interface SoakCommandOptions extends SoakOptions {
  readonly path: Path
  /** How many pairs of bursts there are, and of how many tasks; undefined for a soak. */
  readonly burst: { readonly pairs: number; readonly tasks: number } | undefined
  readonly json: string | undefined
}

const DEFAULT_MINUTES = 10
const DEFAULT_PAIRS = 5
const DEFAULT_TASKS = 100_000

export const HELP = `Has load done for long, with faults, and looks whether memory or anything else grows; or gives an executor very much at once.

Usage: pnpm soak [options]

  --minutes N    how long   (${DEFAULT_MINUTES})
  --seed N       what the schedule and the load are made of   (another one each time; it is printed)
  --path NAME    how the bytes go: ${PATHS.map(({ name }) => name).join(', ')}   (${PATHS[0]!.name})
  --burst        instead: bursts of tasks, beside stock Piscina
  --pairs N      how many bursts of each   (${DEFAULT_PAIRS})
  --tasks N      of a burst   (${DEFAULT_TASKS})
  --json FILE    write all that was found
  --help         print this

32 threads share 4 connections of one broker. What the process holds is read whenever no task is under way, and judged once
the first quarter of the time is over: it grows when its slope is more than chance, and comes to more than it may.
Exit code: 0 when nothing grows, no task is unaccounted, and every burst is done and gives its memory back; 1 otherwise; 2 when
the command line is wrong.
`

const FLAGS = {
  minutes: { type: 'string' },
  seed: { type: 'string' },
  path: { type: 'string' },
  burst: { type: 'boolean' },
  pairs: { type: 'string' },
  tasks: { type: 'string' },
  json: { type: 'string' },
} as const

/** @throws UsageError */
export function readSoakArguments(args: readonly string[]): SoakCommandOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const { minutes, seed, path: name = PATHS[0]!.name, burst = false, pairs, tasks, json } = flags
  const path = PATHS.find((each) => each.name === name)
  if (path === undefined)
    throw new UsageError(
      `There is no path "${name}". There are: ${PATHS.map((each) => each.name).join(', ')}.`,
    )
  const bursts = {
    pairs: readWhole('--pairs', pairs, { least: 1, most: 1000 }) ?? DEFAULT_PAIRS,
    tasks: readWhole('--tasks', tasks, { least: 10, most: 10 ** 7 }) ?? DEFAULT_TASKS,
  }
  return {
    minutes: readWhole('--minutes', minutes, { least: 1, most: 10_000 }) ?? DEFAULT_MINUTES,
    seed: readWhole('--seed', seed, { least: 0, most: 2 ** 32 - 1 }) ?? Math.floor(Math.random() * 2 ** 32),
    path,
    burst: burst ? bursts : undefined,
    json,
  }
}
