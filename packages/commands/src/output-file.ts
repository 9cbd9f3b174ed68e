import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from './exit-codes.js'

/**
 * Before the work: a file that cannot be written must not cost the time of the work.
 * @throws Error that names the flag
 */
export function checkOutputFile(flag: string, file: string): void {
  if (file === '') throw new UsageError(`${flag} takes the name of a file.`)
  const folder = dirname(resolve(file))
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`There is no folder ${folder}: make it, or name another file with ${flag}.`)
  const existing = statSync(file, { throwIfNoEntry: false })
  if (existing?.isDirectory()) throw new Error(`${file} is a folder: name a file with ${flag}.`)
  try {
    accessSync(existing ? file : folder, constants.W_OK)
  } catch {
    throw new Error(`${existing ? file : folder} cannot be written: name another file with ${flag}.`)
  }
}
