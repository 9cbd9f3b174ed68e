import { readdirSync, readlinkSync } from 'node:fs'
import { inject } from 'vitest'
import { canDuplicate } from '../../src/connection/socket-duplicate.js'

/** Whether threads get the sockets of what they lease. */
export const getSockets = !inject('relayed') && canDuplicate()

/** How many sockets this process has more than one descriptor of: those that a thread has a duplicate of. */
export function duplicatedSockets(): number {
  const counts = new Map<string, number>()
  for (const socket of sockets()) counts.set(socket, (counts.get(socket) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > 1).length
}

/** How many descriptors of sockets this process has. */
export function openSockets(): number {
  return sockets().length
}

/** By descriptor. */
function sockets(): string[] {
  return readdirSync('/proc/self/fd')
    .map(fileOf)
    .filter((file) => file.startsWith('socket:'))
}

/** Empty for one that has been closed since it was listed. */
function fileOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}
