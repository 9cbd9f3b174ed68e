import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './exit-codes.js'

/** The values of a command's flags. @throws UsageError for a flag that is not one of them, or has no value */
export function parseFlags<F extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: F,
): ReturnType<typeof parseArgs<{ options: F }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values
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
