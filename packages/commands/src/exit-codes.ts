/** The command line cannot be understood: exit code 2. The message says what to write instead. */
export class UsageError extends Error {}

/** The user pressed Ctrl-C, or something else told the process to end. */
export class Interrupted extends Error {
  constructor(readonly signalNumber: number) {
    super('Interrupted.')
  }
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
