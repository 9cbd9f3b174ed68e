import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { User } from './user.js'

export interface RunOptions {
  /** Undefined: our own. */
  user: User | undefined
  /** The folder to run in: the user must be able to enter it. */
  directory: string
  /** The file to which the program's output is appended. */
  log: string
}

/**
 * Runs a program to its end.
 * @throws {Error} with the last lines of the log when it fails.
 */
export function runAs(program: string, args: string[], options: RunOptions): void {
  const { status, signal, error } = withOutput(options, (how) => spawnSync(program, args, how))
  if (status !== 0) throw failure(program, error?.message ?? describeEnd(status, signal), options)
}

/** Starts a program that goes on running. */
export function startAs(program: string, args: string[], options: RunOptions): ChildProcess {
  return withOutput(options, (how) => spawn(program, args, how))
}

/** The error that says why a program failed. */
export function failure(program: string, why: string, { user, log }: RunOptions): Error {
  const who = user ? ` as user ${user.name}` : ''
  const lastLines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n')
  return new Error(`Running ${program}${who} failed: ${why}\n${lastLines}`.trimEnd())
}

export function describeEnd(status: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `it ended with exit code ${status}` : `it ended by ${signal}`
}

function withOutput<T>({ user, directory, log }: RunOptions, run: (how: SpawnOptions) => T): T {
  const output = openSync(log, 'a')
  try {
    return run({
      cwd: directory,
      env: environment(),
      stdio: ['ignore', output, output],
      windowsHide: true,
      ...(user && { uid: user.uid, gid: user.gid }),
    })
  } finally {
    closeSync(output)
  }
}

/** Neither our PGPORT and the like nor our language and time zone may change the server. */
function environment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  return { ...Object.fromEntries(ours), LC_ALL: 'C', TZ: 'UTC' }
}
