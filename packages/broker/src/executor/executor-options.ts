import { SHARE_ENV } from 'node:worker_threads'
import {
  anything,
  type Check,
  checkOptions,
  either,
  millis,
  names,
  number,
  oneOf,
  text,
  whole,
  wrong,
} from '@pglease/client/internal'
import type { Piscina } from 'piscina'

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>

/** The options that are Piscina's, with its meaning. */
export interface ThreadOptions
  extends Pick<
    PiscinaOptions,
    | 'minThreads'
    | 'maxThreads'
    | 'concurrentTasksPerWorker'
    | 'resourceLimits'
    | 'argv'
    | 'execArgv'
    | 'env'
    | 'workerData'
    | 'niceIncrement'
  > {
  /** An idle thread above `minThreads` (default: 1) ends after this many milliseconds. Default: 10000. */
  idleTimeout?: number
}

/** The task module, its threads (as Piscina has them) and their queue. */
export interface ExecutorOptions extends ThreadOptions {
  /** The task module: an absolute path or a `file:` URL. */
  filename: string | URL
  /** The exported function to run when `run` names none. Default: `default`. */
  name?: string
  /** Tasks that may wait for a thread; one more is refused with a `QueueFullError`. Default: no limit. */
  maxQueue?: number
  /** The databases that tasks may lease. Default: all. */
  databases?: readonly string[]
  /** How long an aborted task may take to end by itself, in milliseconds, before its thread is ended. Default: 1000. */
  abortGraceMillis?: number
}

const list: Check = (value) => (Array.isArray(value) ? undefined : 'an array')
const object: Check = (value) => (typeof value === 'object' ? undefined : 'an object')

const CHECKS: Record<keyof ExecutorOptions, Check> = {
  filename: anything,
  name: text,
  minThreads: whole(0),
  maxThreads: whole(1),
  idleTimeout: either(millis, oneOf(Number.POSITIVE_INFINITY)),
  maxQueue: either(whole(0), oneOf(Number.POSITIVE_INFINITY)),
  concurrentTasksPerWorker: whole(1),
  databases: names,
  abortGraceMillis: millis,
  resourceLimits: object,
  argv: list,
  execArgv: list,
  env: (value) => (typeof value === 'object' || value === SHARE_ENV ? undefined : 'an object or SHARE_ENV'),
  workerData: anything,
  niceIncrement: number,
}

/** @throws ConfigurationError */
export function checkExecutorOptions(options: ExecutorOptions, known: readonly string[]): void {
  checkOptions('executor', options, CHECKS)
  checkFilename(options.filename)
  const { minThreads, maxThreads, databases = [] } = options
  if (minThreads !== undefined && maxThreads !== undefined && minThreads > maxThreads) {
    throw wrong('executor.minThreads', minThreads, `at most executor.maxThreads, which is ${maxThreads}`)
  }
  for (const name of databases)
    if (!known.includes(name)) throw wrong('executor.databases', name, `of the broker's: ${known.join(', ')}`)
}

function checkFilename(given: unknown): void {
  const filename = isUrl(given) ? given.href : given
  const isRight =
    typeof filename === 'string' && (filename.startsWith('file:') || /^([/\\]|[A-Za-z]:[/\\])/.test(filename))
  if (!isRight) {
    throw wrong(
      'executor.filename',
      filename,
      "an absolute path or a file: URL, as new URL('./tasks.js', import.meta.url)",
    )
  }
}

/** Of whichever realm: tests may run in a `node:vm` context. */
export function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]'
}
