import { exitCodeOf, messageOf } from '../errors.js'
import { HELP, readArguments } from './arguments.js'
import { runBench } from './run.js'

/** The exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readArguments(args)
    if (options === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    const { failures } = await runBench(options)
    return failures.length === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

process.exitCode = await main(process.argv.slice(2))
