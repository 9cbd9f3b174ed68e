import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Before the work: a report that cannot be written must not cost half a minute. */
export function checkReportFile(file: string): void {
  const folder = dirname(resolve(file))
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(
      `There is no folder ${folder} for the report: make it, or name another file with --report.`,
    )
  }
  const existing = statSync(file, { throwIfNoEntry: false })
  if (existing?.isDirectory()) throw new Error(`${file} is a folder: name a file with --report.`)
  try {
    accessSync(existing ? file : folder, constants.W_OK)
  } catch {
    throw new Error(`${existing ? file : folder} cannot be written: name another file with --report.`)
  }
}
