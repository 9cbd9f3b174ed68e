import { readdirSync, readFileSync } from 'node:fs'

/** Processor time, by where it is spent: this process's main thread, its other threads, the server's processes. */
export interface ProcessorTime {
  readonly main: number
  readonly threads: number
  readonly server: number
}

/** Linux counts the times of the dead in these. */
const TICKS_PER_SECOND = 100

/** Where the fields are behind the name in `proc(5)`'s `stat`, which may itself hold spaces. */
const [PARENT, DEAD_USER, DEAD_SYSTEM] = [1, 13, 14]

/**
 * So far, in seconds, of this process and of the server that the process `server` has started its others from. NaN where
 * there is no `/proc`.
 */
export function processorTime(server: number): ProcessorTime {
  const { user, system } = process.cpuUsage()
  const main = mainThreadSeconds()
  return { main, threads: (user + system) / 1e6 - main, server: serverSeconds(server) }
}

/** The thread id of the main thread is the process id. NaN where there is no `/proc`. */
export function mainThreadSeconds(): number {
  return secondsOf(`${process.pid}/task/${process.pid}`)
}

/** The process that has started another; NaN where there is no `/proc`. */
export function parentOf(processId: number): number {
  return statOf(processId)[PARENT] ?? Number.NaN
}

/** Of a process and those that it has started, also those that have ended. */
function serverSeconds(server: number): number {
  const stat = statOf(server)
  const ended = (stat[DEAD_USER]! + stat[DEAD_SYSTEM]!) / TICKS_PER_SECOND
  const alive = processIds().filter((each) => each === server || parentOf(each) === server)
  return alive.reduce((sum, each) => sum + secondsOf(each), ended)
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function secondsOf(processOrThread: number | string): number {
  return Number(read(`${processOrThread}/schedstat`).split(' ')[0] || Number.NaN) / 1e9
}

/** The fields behind the name; none of a process that is gone. */
function statOf(processId: number): number[] {
  return read(`${processId}/stat`).split(') ')[1]?.split(' ').map(Number) ?? []
}

function read(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8')
  } catch {
    return ''
  }
}
