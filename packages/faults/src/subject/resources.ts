import { readdirSync, readlinkSync } from 'node:fs'
import * as v8 from 'node:v8'
import { MessagePort } from 'node:worker_threads'

/** What a process holds of the system. NaN for what cannot be told here. */
export interface Resources {
  readonly descriptors: number
  readonly threads: number
  readonly ports: number
  readonly heapMebibytes: number
  readonly residentMebibytes: number
}

const MEBIBYTE = 1024 * 1024

/** Behind a garbage collection: what is left is held. */
export function readResources(): Resources {
  ;(globalThis as { gc?: () => void }).gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  return {
    descriptors: list('/proc/self/fd').length,
    threads: list('/proc/self/task').length,
    ports: countPorts(),
    heapMebibytes: (heapUsed + external) / MEBIBYTE,
    residentMebibytes: rss / MEBIBYTE,
  }
}

/** The sockets of this process, by their inodes: a duplicate of one counts once. */
export function openSockets(): Set<string> {
  const found = list('/proc/self/fd').map(fileOf)
  return new Set(found.filter((file) => file.startsWith('socket:')))
}

/** Not exactly: what is closed and not yet collected is among them. */
function countPorts(): number {
  const { queryObjects } = v8 as { queryObjects?: (type: unknown) => number }
  return queryObjects?.(MessagePort) ?? Number.NaN
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Empty for one that has been closed since it was listed. */
function fileOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
