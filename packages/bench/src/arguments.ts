import { parseFlags, readWhole, UsageError } from '@pglease/commands'
import { CASES } from './cases/index.js'
import { CONTENDERS } from './contenders/index.js'

export interface BenchOptions {
  readonly quick: boolean
  /** Cases or single variants of them; all when empty. */
  readonly cases: readonly string[]
  /** The only alternatives to run, by their names; all when empty. */
  readonly against: readonly string[]
  readonly rounds: number | undefined
  readonly json: string | undefined
  readonly report: string | undefined
}

const ALTERNATIVES = CONTENDERS.slice(1)

export const HELP = `Measures pglease beside what people would use instead, in turns on the same embedded Postgres server.

Usage: pnpm bench [options]

  --quick         few short rounds of one variant of each case: takes two minutes
  --case NAME     only this case, or this variant of it, such as point-lease/2-threads/tls; may be repeated
  --against NAME  only this alternative, such as "own pool"; may be repeated
  --rounds N      rounds of each contender   (9; with --quick 3)
  --json FILE     write everything that was measured
  --report FILE   write an HTML page with charts
  --help          print this

Cases:
${CASES.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join('\n')}

Alternatives:
${ALTERNATIVES.map(({ name, about }) => `  ${name.padEnd(18)}${about}`).join('\n')}

A ratio compares pglease with an alternative: the median of the rounds' ratios, and the quartiles around it.
In brackets, on Linux: what one unit takes of the main thread, of the other threads and of the server, in processor time.
Exit code: 0 when every answer was right, whatever the speed; 1 when not; 2 when the command line is wrong.
`

const FLAGS = {
  quick: { type: 'boolean' },
  case: { type: 'string', multiple: true },
  against: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  json: { type: 'string' },
  report: { type: 'string' },
} as const

/** @throws UsageError that says in one line what to write instead */
export function readArguments(args: readonly string[]): BenchOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const { quick = false, case: cases = [], against = [], rounds, json, report } = flags
  for (const name of cases) checkCase(name)
  for (const name of against) checkAlternative(name)
  return {
    quick,
    cases,
    against,
    rounds: readWhole('--rounds', rounds, { least: 1, most: 9999 }),
    json,
    report,
  }
}

function checkCase(name: string): void {
  if (CASES.some((each) => each.name === name.split('/')[0])) return
  throw new UsageError(`There is no case "${name}". There are: ${CASES.map(({ name }) => name).join(', ')}.`)
}

function checkAlternative(name: string): void {
  const names = ALTERNATIVES.map((each) => each.name)
  if (names.includes(name)) return
  throw new UsageError(`There is no alternative "${name}". There are: ${names.join(', ')}.`)
}
