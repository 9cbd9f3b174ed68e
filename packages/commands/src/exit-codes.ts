import { constants } from 'node:os'

/** The command line cannot be understood: exit code 2. The message says what to write instead. */
export class UsageError extends Error {}

/** The user pressed Ctrl-C, or something else told the process to end, or nobody reads any more what it prints. */
export class Interrupted extends Error {
  constructor(readonly signalNumber: number) {
    super('Interrupted.')
  }

  /** Nobody reads any more what it prints. */
  get isUnread(): boolean {
    return this.signalNumber === constants.signals.SIGPIPE
  }
}

/** What aborts an operation of Node's is the cause of the error that Node makes of it. */
export function interruptionOf(error: unknown): Interrupted | undefined {
  const { cause }: { cause?: unknown } = Object(error)
  return [error, cause].find((each) => each instanceof Interrupted)
}

/** The shell's convention: 128 and the number of the signal. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return 128 + error.signalNumber
  return error instanceof UsageError ? 2 : 1
}

/** One line, whatever was thrown. */
export function messageOf(error: unknown): string {
  const { message, code }: { message?: string; code?: string } = Object(error)
  return (message || code || String(error)).replaceAll(/\s*\n\s*/g, ' ')
}
