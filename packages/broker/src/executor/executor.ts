import { EventEmitter } from 'node:events'
import { pathToFileURL } from 'node:url'
import type { Transferable } from 'node:worker_threads'
import { ExecutorClosedError, QueueFullError } from '@pglease/client'
import { described } from '@pglease/client/internal'
import { transferableSymbol, valueSymbol } from 'piscina'
import type { ConnectionBroker } from '../broker.js'
import { closeBrought } from '../common/brought.js'
import { millis, wrong } from '../common/option-check.js'
import { StateMachine } from '../common/state-machine.js'
import { checkExecutorOptions, type ExecutorOptions, type ThreadOptions } from './executor-options.js'
import type { TaskInput, TaskName, TaskResult } from './executor-types.js'
import { type MapOptions, mapTasks } from './map-tasks.js'
import { checkRunOptions, type RunOptions } from './run-options.js'
import { TaskDispatch } from './task-dispatch.js'
import { TaskRun } from './task-run.js'

/**
 * - `open`;
 * - `closing`: no task is taken any more, those taken may finish;
 * - `closed`: the threads have ended.
 */
type ExecutorState = 'open' | 'closing' | 'closed'

const EXECUTOR_TRANSITIONS = {
  open: ['closing'],
  closing: ['closed'],
  closed: [],
} as const satisfies Record<ExecutorState, readonly ExecutorState[]>

const ABORT_GRACE_MILLIS = 1000

/**
 * Runs the exported functions of a task module in worker threads, each call with a lease of its own:
 *
 *     const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, { filename, maxThreads: 8 })
 *     const tour = await executor.run({ country: 'IT' }, { name: 'planTour' })
 *
 * Emits `error` for an error of a thread that runs no task; where nobody listens, the process warns of it, and goes on.
 */
export class SharedPoolExecutor<
  M = Record<string, (input: unknown, ...rest: never[]) => unknown>,
> extends EventEmitter {
  readonly #options: Pick<ExecutorOptions, 'filename'> &
    Required<Omit<ExecutorOptions, keyof ThreadOptions | 'databases'>>
  readonly #tasks: TaskDispatch
  readonly #machine = new StateMachine<ExecutorState>('executor', 'open', EXECUTOR_TRANSITIONS)
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError */
  constructor(broker: ConnectionBroker, options: ExecutorOptions) {
    super()
    checkExecutorOptions(options, broker.databases)
    const {
      filename,
      name = 'default',
      maxQueue = Number.POSITIVE_INFINITY,
      abortGraceMillis = ABORT_GRACE_MILLIS,
      databases,
      ...threads
    } = options
    this.#options = { filename: asUrl(filename), name, maxQueue, abortGraceMillis }
    this.#tasks = new TaskDispatch(threads, {
      attach: (request, share) => broker.serve(request, databases === undefined ? {} : { databases }, share),
      message: (message) => {
        if (!this.emit('message', message)) closeBrought(message)
      },
      error: (error) => this.#tell(error),
    })
  }

  /** Tasks that wait for a thread. */
  get queueSize(): number {
    return this.#tasks.queueSize
  }

  /** Tasks in threads. */
  get runningSize(): number {
    return this.#tasks.runningSize
  }

  /**
   * Runs one task. Its lease is given back when it settles, however it settles.
   *
   * Rejects with what the task throws, all fields kept; with the signal's reason; with a `ThreadEndedError`,
   * `QueueFullError`, `ExecutorClosedError` or `UnknownTaskError`; with a `ConfigurationError` for wrong options.
   */
  run<N extends TaskName<M>, P = unknown>(
    input: TaskInput<M, N>,
    options: RunOptions<N, P> & { name: N },
  ): Promise<TaskResult<M, N>>
  run<P = unknown>(
    input: TaskInput<M, 'default'>,
    options?: RunOptions<never, P>,
  ): Promise<TaskResult<M, 'default'>>
  run(input: unknown, options: RunOptions<string, never> = {}): Promise<unknown> {
    try {
      checkRunOptions(options)
      if (this.#machine.state !== 'open') throw closed()
      options.signal?.throwIfAborted()
      if (this.#tasks.isFull(this.#options.maxQueue)) throw this.#full()
      return this.#enqueue(input, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Runs a task for each input and yields the results, in the inputs' order unless `ordered` is false. Reads the inputs
   * as threads come free, so any number of them needs little memory. The first failure, or leaving the loop, aborts
   * the tasks under way.
   */
  map<N extends TaskName<M>>(
    inputs: Iterable<TaskInput<M, N>> | AsyncIterable<TaskInput<M, N>>,
    options: MapOptions<N> & { name: N },
  ): AsyncGenerator<TaskResult<M, N>, void, undefined>
  map(
    inputs: Iterable<TaskInput<M, 'default'>> | AsyncIterable<TaskInput<M, 'default'>>,
    options?: MapOptions<never>,
  ): AsyncGenerator<TaskResult<M, 'default'>, void, undefined>
  map(
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: MapOptions<string> = {},
  ): AsyncGenerator<never, void, undefined> {
    const run = (input: unknown, runOptions: object) =>
      (this.run as (...call: unknown[]) => Promise<unknown>)(input, runOptions)
    const { capacity } = this.#tasks
    const concurrency = capacity + Math.min(capacity, this.#options.maxQueue)
    return mapTasks(inputs, options, concurrency, run) as AsyncGenerator<never, void, undefined>
  }

  /**
   * Refuses new tasks, lets those under way and in the queue finish until the timeout, then aborts them and ends the
   * threads. Default: no timeout. May be called again: the same close goes on.
   */
  close({ timeoutMillis }: { timeoutMillis?: number } = {}): Promise<void> {
    const complaint = timeoutMillis === undefined ? undefined : millis(timeoutMillis)
    if (complaint !== undefined) return Promise.reject(wrong('close.timeoutMillis', timeoutMillis, complaint))
    this.#closing ??= this.#close(timeoutMillis)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #enqueue(
    input: unknown,
    { name, signal, onProgress, transferList = [] }: RunOptions<string, never>,
  ): Promise<unknown> {
    const { filename, name: defaultName, abortGraceMillis } = this.#options
    const moved = unwrapMove(input)
    const run = new TaskRun(
      { filename, name: name ?? defaultName, input: moved.input },
      {
        signal,
        onProgress,
        transferList: [...transferList, ...moved.transferList],
        abortGraceMillis,
        onGarbage: (error) => this.#tell(error),
      },
    )
    this.#tasks.add(run)
    return run.promise
  }

  async #close(timeoutMillis: number | undefined): Promise<void> {
    this.#machine.to('closing')
    const finished = Promise.allSettled(this.#tasks.runs.map(({ promise }) => promise))
    if (timeoutMillis === undefined) await finished
    else await this.#finishWithin(timeoutMillis, finished)
    await this.#tasks.end(closed())
    this.#machine.to('closed')
  }

  async #finishWithin(timeoutMillis: number, finished: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis)
    })
    await Promise.race([finished, late])
    clearTimeout(timer)
  }

  /** No error of a thread may end the process, as an `error` event does that nobody listens for. */
  #tell(error: unknown): void {
    if (this.listenerCount('error') > 0) this.emit('error', error)
    else
      process.emitWarning(`An error of a thread that no task is told of: ${described(error)}`, {
        type: 'PgleaseWarning',
        code: 'PGLEASE_THREAD_ERROR',
      })
  }

  #full(): QueueFullError {
    const { maxQueue } = this.#options
    return new QueueFullError(`${maxQueue} tasks wait for a thread already.`, { limit: maxQueue })
  }
}

function closed(): ExecutorClosedError {
  return new ExecutorClosedError('The executor is closed.')
}

/** `import()` of the threads takes URLs on every platform. */
function asUrl(filename: string): string {
  return filename.startsWith('file:') ? filename : pathToFileURL(filename).href
}

/** What `Piscina.move` wraps. */
function unwrapMove(input: unknown): { input: unknown; transferList: Transferable[] } {
  if (typeof input !== 'object' || input === null || !(transferableSymbol in input))
    return { input, transferList: [] }
  const movable = input as { [transferableSymbol]: Transferable; [valueSymbol]: unknown }
  return { input: movable[valueSymbol], transferList: [movable[transferableSymbol]].flat() as Transferable[] }
}
