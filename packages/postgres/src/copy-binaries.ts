import { constants, linkSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { copyFile, copyFolder } from './copy-folder.js'
import type { User } from './user.js'

interface Link {
  /** The file, as a path that starts with the name of the `native` folder. */
  source: string
  /** The symbolic link beside it. */
  target: string
}

/** Lays the server's programs out again, in a new folder that the given user (undefined: we) can reach. */
export function copyBinaries(from: string, to: string, user: User | undefined): void {
  copyFolder(from, to, user, linkOrCopy)
  // npm packages cannot hold symbolic links: this list stands for them.
  const links = JSON.parse(readFileSync(join(to, 'pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of links) symlinkSync(basename(source), join(dirname(to), target))
}

/** A hard link is ten times quicker, but keeps the file's owner and rights, and needs one file system. */
function linkOrCopy(from: string, to: string, user: User | undefined): void {
  if (from.endsWith('.a') || (isReadableByAll(from) && tryLink(from, to))) return
  copyFile(from, to, user)
}

function isReadableByAll(path: string): boolean {
  return (statSync(path).mode & constants.S_IROTH) !== 0
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}
