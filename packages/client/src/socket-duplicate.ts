import { closeSync, fstatSync } from 'node:fs'
import { once } from './once.js'
import type { Address } from './openssl.js'
import { processLibrary } from './process-library.js'

/** Names a socket of this process to its other threads. */
export interface SocketReference {
  fd: number
  /** Tells whether the descriptor is still this socket's: another file may have its number by now. */
  inode: number
  /** The TLS session that goes with it. */
  tls?: Address | undefined
}

/** Of Linux's `fcntl(2)`: duplicates a descriptor; child processes do not inherit the duplicate. */
const F_DUPFD_CLOEXEC = 1030

type Fcntl = (fd: number, command: number, type: 'int', least: number) => number

const findFcntl = once(
  () => processLibrary()?.func('int fcntl(int fd, int command, ...)') as unknown as Fcntl | undefined,
)

/** Whether this thread can have its own descriptor of another thread's socket. */
export function canDuplicate(): boolean {
  return findFcntl() !== undefined
}

/**
 * The socket's number in its file system. Asked for in bigints, because what Node is told of a file in doubles it does not
 * forget before the next: resolving the path of a module, it takes a folder for the socket, and the links behind for
 * folders (Node 20 and 22).
 */
export function inodeOf(fd: number): number {
  return Number(fstatSync(fd, { bigint: true }).ino)
}

/**
 * A second descriptor of the same socket. Node closes a descriptor with the thread that uses it, and the duplicate can be
 * closed without harm to the first.
 * @throws Error when the socket is closed, or when the process has too many open files.
 */
export function duplicate({ fd, inode }: SocketReference): number {
  const call = findFcntl()
  if (call === undefined) throw new Error('Sockets cannot be duplicated here')
  const own = call(fd, F_DUPFD_CLOEXEC, 'int', 0)
  if (own === -1)
    throw new Error('The socket could not be duplicated: it is closed, or too many files are open')
  if (inodeOf(own) === inode) return own
  closeSync(own)
  throw new Error('The socket is closed')
}
