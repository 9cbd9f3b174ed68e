import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject } from 'vitest'

/** Runs a program of its own, on the test's server, and gives what it prints. It fails when the program does. */
export async function run(argv: string[], folder: URL): Promise<string> {
  const { NODE_OPTIONS: _, ...environment } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    cwd: fileURLToPath(folder),
    env: { ...environment, DATABASE_URL: inject('serverConnectionString') },
    timeout: 60_000,
  })
  return stdout.trim()
}
