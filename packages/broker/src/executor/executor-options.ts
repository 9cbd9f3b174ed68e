import { type ResourceLimits, SHARE_ENV } from 'node:worker_threads'
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

/** The options that are Piscina's, with its meaning. */
export interface ThreadOptions {
  /** Threads that are kept, also when they are idle. Default: 1. */
  minThreads?: number
  /** Threads at most. Default: `os.availableParallelism()`, or `minThreads` where that is more. */
  maxThreads?: number
  /** Tasks that a thread runs at a time; more than one is of use where tasks wait more than they compute. Default: 1. */
  concurrentTasksPerWorker?: number
  /** An idle thread above `minThreads` (default: 1) ends after this many milliseconds. Default: 10000. */
  idleTimeout?: number
  /** Of a thread's heap and stack, in megabytes: one that needs more ends, and its task rejects with a `ThreadEndedError`. Default: Node's. */
  resourceLimits?: ResourceLimits
  /** What is behind the file's name in the threads' `process.argv`. Default: none. */
  argv?: string[]
  /** Node's own options for the threads, as `['--import', 'tsx']`. Default: those of the process. */
  execArgv?: string[]
  /** The threads' `process.env`; `SHARE_ENV` of `node:worker_threads` for the process's own. Default: a copy of the process's. */
  env?: NodeJS.ProcessEnv | typeof SHARE_ENV
  /** Cloned for each thread: `Piscina.workerData` there, of the package `piscina`. Default: none. */
  // biome-ignore lint/suspicious/noExplicitAny: as `Worker` has it
  workerData?: any
  /** By how much the threads' priority is lowered, as `nice` has it: from 0 to 19 on Linux and macOS, in steps on Windows. Default: 0. */
  niceIncrement?: number
  /**
   * How a thread without a task waits for one: `sync` in `Atomics.wait`, which is the fastest, and where its timers and sockets stand
   * still; `async` or `disabled` in its event loop, so that an exporter of metrics, say, goes on between two tasks. Default: `sync`.
   */
  atomics?: 'sync' | 'async' | 'disabled'
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
  atomics: oneOf('sync', 'async', 'disabled'),
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
