import { closeSync, openSync } from 'node:fs'

/** Before the work: a file that cannot be written must not cost a quarter of an hour. @throws Error */
export function checkWritable(flag: string, file: string): void {
  try {
    closeSync(openSync(file, 'a'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${flag} cannot write ${file} (${code}): make its folder, or name another file.`)
  }
}
