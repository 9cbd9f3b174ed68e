import { exitCodeOf, Interrupted, interruptionOf, messageOf } from './exit-codes.js'
import { hideProgress } from './progress.js'
import { onUnread } from './signals.js'
import { wrapWords } from './wrap.js'

export interface Command<Options> {
  readonly help: string
  /** @throws UsageError that says in one line what to write instead */
  readonly readArguments: (args: readonly string[]) => Options | 'help'
  /** Gives the exit code. */
  readonly run: (options: Options) => Promise<number>
}

/** The whole of a program. Whatever is thrown is one line on stderr, unless nobody reads what it prints. */
export async function runCommand<Options>(command: Command<Options>): Promise<void> {
  // A command that takes signals is told of it as of one.
  onUnread(() => {})
  process.exitCode = await exitCodeFrom(command)
}

async function exitCodeFrom<Options>({ help, readArguments, run }: Command<Options>): Promise<number> {
  try {
    const options = readArguments(process.argv.slice(2))
    if (options !== 'help') return await run(options)
    process.stdout.write(wrapWords(help, process.stdout.columns))
    return 0
  } catch (thrown) {
    const error = interruptionOf(thrown) ?? thrown
    if (error instanceof Interrupted && error.isUnread) return exitCodeOf(error)
    hideProgress()
    process.stderr.write(`${wrapWords(messageOf(error), process.stderr.columns)}\n`)
    return exitCodeOf(error)
  }
}
