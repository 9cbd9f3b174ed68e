import { once, processLibrary } from '@pglease/client/internal'

/** Of Linux's `fcntl(2)`: duplicates a descriptor; child processes do not inherit the duplicate. */
const F_DUPFD_CLOEXEC = 1030

type Fcntl = (fd: number, command: number, type: 'int', least: number) => number

const findFcntl = once(
  () => processLibrary()?.func('int fcntl(int fd, int command, ...)') as unknown as Fcntl | undefined,
)

/** Whether another thread can have its own descriptor of a socket of this one. */
export function canDuplicate(): boolean {
  return findFcntl() !== undefined
}

/**
 * A second descriptor of the same socket: Node closes a descriptor with the thread that uses it, and the duplicate can be
 * closed without harm to the first. Undefined when the process has too many open files, and where `canDuplicate` is false.
 */
export function duplicate(fd: number): number | undefined {
  const own = findFcntl()?.(fd, F_DUPFD_CLOEXEC, 'int', 0)
  return own === -1 ? undefined : own
}
