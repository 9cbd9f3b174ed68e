import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { exitCodeOf, messageOf } from '@pglease/commands'
import { type BenchOptions, HELP, readArguments } from './arguments.js'
import { checkWritable } from './output/files.js'
import { renderReport } from './report/page.js'
import { type Outcome, runBench } from './run.js'

/** The exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readArguments(args)
    if (options === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    for (const flag of ['json', 'report'] as const) {
      const file = options[flag]
      if (file !== undefined) checkWritable(`--${flag}`, file)
    }
    const outcome = await runBench(options)
    writeFiles(options, outcome)
    for (const { name, message } of outcome.failures) process.stderr.write(`${name} failed: ${message}\n`)
    return outcome.failures.length === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

function writeFiles({ json, report }: BenchOptions, outcome: Outcome): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(outcome, undefined, 2)}\n`)
  if (report !== undefined) writeFileSync(report, renderReport(outcome))
}

// What was started ends with this process, but only if it exits and is not killed.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => process.exit(128 + constants.signals[name]))

process.exitCode = await main(process.argv.slice(2))
