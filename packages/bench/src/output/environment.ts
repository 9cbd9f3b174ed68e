import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** What the numbers depend on beside the code. */
export interface Environment {
  readonly started: string
  readonly node: string
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryGibibytes: number
  /** Processes that wanted to run in the minute before: with many, the numbers are noise. */
  readonly loadBefore: number
}

export function readEnvironment(): Environment {
  return {
    started: new Date().toISOString(),
    node: process.versions.node,
    system: `${type()} ${release()} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
    loadBefore: loadavg()[0]!,
  }
}

export function describe({ processor, cores, memoryGibibytes, system, node }: Environment): string {
  return `${processor}, ${cores} cores, ${memoryGibibytes} GiB, ${system}, Node ${node}`
}
