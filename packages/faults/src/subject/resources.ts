import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v8 from 'node:v8'
import { MessagePort } from 'node:worker_threads'

/** What a process holds of the system. NaN for what cannot be told here. */
export interface Resources {
  readonly descriptors: number
  readonly threads: number
  readonly ports: number
  readonly heapMebibytes: number
  readonly externalMebibytes: number
  readonly residentMebibytes: number
  /** How many of the descriptors are of which kind, for people. */
  readonly kinds: Readonly<Record<string, number>>
}

/** What can be compared from one time to another. */
export type Measure = Exclude<keyof Resources, 'kinds'>

const MEBIBYTE = 1024 * 1024

/** What has ended is given back within so many looks. */
const LOOKS = 40
const LOOK_MILLIS = 50

/** What the process holds once it has given back what it no longer needs: until it does not get less any more. */
export async function restingResources(): Promise<Resources> {
  let latest = readResources()
  for (let look = 0, isSame = 0; look < LOOKS && isSame < 2; look++) {
    await sleep(LOOK_MILLIS)
    const next = readResources()
    const sumOf = ({ descriptors, threads }: Resources) => descriptors + threads
    isSame = sumOf(next) < sumOf(latest) ? 0 : isSame + 1
    latest = next
  }
  // It takes long, and what is closed is collected by now.
  return { ...latest, ports: countPorts() }
}

/** Behind a garbage collection: what is left is held. */
function readResources(): Resources {
  ;(globalThis as { gc?: () => void }).gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  const kinds = kindsOf(list('/proc/self/fd').map(fileOf))
  return {
    descriptors: Object.values(kinds).reduce((sum, count) => sum + count, 0),
    threads: list('/proc/self/task').length,
    ports: Number.NaN,
    heapMebibytes: heapUsed / MEBIBYTE,
    externalMebibytes: external / MEBIBYTE,
    residentMebibytes: rss / MEBIBYTE,
    kinds,
  }
}

/** The sockets of this process, by their inodes: a duplicate of one counts once. */
export function openSockets(): Set<string> {
  const found = list('/proc/self/fd').map(fileOf)
  return new Set(found.filter((file) => file.startsWith('socket:')))
}

/** Without files: Node 20 leaves open the modules that a thread was reading when it ended, with pglease or without. */
function kindsOf(files: readonly string[]): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const file of files) {
    if (file.startsWith('/') && !file.startsWith('/dev/')) continue
    // A socket and a pipe have a number of their own behind the colon.
    const kind = file.replace(/^(socket|pipe):.*/, '$1')
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
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
