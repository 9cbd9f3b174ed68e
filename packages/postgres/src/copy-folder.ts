import { chownSync, constants, copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { User } from './user.js'

/** Copies a file to a new path. */
type CopyFile = (from: string, to: string, user: User | undefined) => void

/** Copies a folder's files and folders, no links, to a new one that belongs to the given user (undefined: us) alone. */
export function copyFolder(
  from: string,
  to: string,
  user: User | undefined,
  copy: CopyFile = copyFile,
): void {
  mkdirSync(to, { mode: 0o700 })
  if (user) chownSync(to, user.uid, user.gid)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFolder(source, target, user, copy)
    else if (entry.isFile()) copy(source, target, user)
  }
}

export function copyFile(from: string, to: string, user: User | undefined): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE)
  if (user) chownSync(to, user.uid, user.gid)
}
