import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './exit-codes.js'

type Flags = NonNullable<ParseArgsConfig['options']>

const HELP = { type: 'boolean', short: 'h' } as const

/**
 * The values of a command's flags, or that the user wants help: `--help` and `-h` need not be among the flags.
 * @throws UsageError for a flag that is not one of them, or has no value
 */
export function parseFlags<F extends Flags>(
  args: readonly string[],
  flags: F,
): ReturnType<typeof parseArgs<{ options: F }>>['values'] | 'help' {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...flags, help: HELP } as F })
    return 'help' in values ? 'help' : values
  } catch (error) {
    // The first sentence says what is wrong, the rest is about an escape that no flag here needs.
    const [sentence] = (error as Error).message.split(/(?<=['"])\. |\n/)
    throw new UsageError(`${sentence!.replace(/\.$/, '')}. See --help.`)
  }
}

/** The value of a flag that takes a whole number. @throws UsageError */
export function readWhole(
  flag: string,
  text: string | undefined,
  { least, most }: { least: number; most: number },
) {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`${flag} takes a whole number from ${least} to ${most}, not "${text}".`)
}
