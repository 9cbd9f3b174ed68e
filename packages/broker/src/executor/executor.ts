import { EventEmitter } from 'node:events'
import { pathToFileURL } from 'node:url'
import type { Transferable } from 'node:worker_threads'
import { ExecutorClosedError, QueueFullError } from '@pglease/client'
import { counted, described, millis, wrong } from '@pglease/client/internal'
import type { ConnectionBroker } from '../broker.js'
import { closeBrought } from '../common/brought.js'
import { StateMachine } from '../common/state-machine.js'
import { tell } from '../common/tell.js'
import { checkExecutorOptions, type ExecutorOptions, isUrl, type ThreadOptions } from './executor-options.js'
import type { TaskInput, TaskName, TaskResult } from './executor-types.js'
import { type Inputs, type MapOptions, mapTasks, type SettledTask } from './map-tasks.js'
import { transferableSymbol, valueSymbol } from './piscina-symbols.js'
import { checkRunOptions, type RunOptions } from './run-options.js'
import { TaskDispatch } from './task-dispatch.js'
import { reportOfTask, type TaskReport } from './task-report.js'
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
 * @typeParam M - The task module, as `typeof import('./tasks.js')`: it types names, inputs and results.
 */
export class SharedPoolExecutor<
  M = Record<string, (input: unknown, ...rest: never[]) => unknown>,
> extends EventEmitter {
  readonly #options: Required<Omit<ExecutorOptions, keyof ThreadOptions | 'databases' | 'filename'>> & {
    readonly filename: string
  }
  readonly #tasks: TaskDispatch
  readonly #machine = new StateMachine<ExecutorState>('executor', 'open', EXECUTOR_TRANSITIONS)
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError */
  constructor(broker: ConnectionBroker, options: ExecutorOptions) {
    super()
    // Of whichever copy of this module: one may be there for `import`, and one for `require`.
    if (typeof Object(broker).serve !== 'function')
      throw wrong('executor.broker', broker, 'a ConnectionBroker')
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
    const rights = databases === undefined ? {} : { databases }
    this.#tasks = new TaskDispatch(threads, {
      starting: () => broker.expectLease(rights),
      attach: (request, share) => broker.serve(request, rights, share),
      message: (message) => {
        if (!tell(this, 'message', message)) closeBrought(message)
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

  /** The tasks in threads, as plain data; those that wait are only counted, by `queueSize`. */
  tasks(): TaskReport[] {
    return this.#tasks.running.map(reportOfTask).filter((report) => report !== undefined)
  }

  /**
   * Runs one task. Its lease is given back when it settles, however it settles.
   *
   * Rejects with what the task throws, all fields kept; with the signal's reason; with a `TaskTimeoutError`,
   * `ThreadEndedError`, `QueueFullError`, `ExecutorClosedError` or `UnknownTaskError`; with a `ConfigurationError` for wrong options.
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
   *
   * Throws what the first task that fails rejects with, what the inputs throw, and the signal's reason.
   */
  map<N extends TaskName<M>, P = unknown>(
    inputs: Inputs<TaskInput<M, N>>,
    options: MapOptions<N, P> & { name: N },
  ): AsyncGenerator<TaskResult<M, N>, void, undefined>
  map<P = unknown>(
    inputs: Inputs<TaskInput<M, 'default'>>,
    options?: MapOptions<never, P>,
  ): AsyncGenerator<TaskResult<M, 'default'>, void, undefined>
  async *map(
    inputs: Inputs<unknown>,
    options: MapOptions<string, never> = {},
  ): AsyncGenerator<never, void, undefined> {
    for await (const settled of this.#settle(inputs, options)) {
      if (settled.status === 'rejected') throw settled.reason
      yield settled.value as never
    }
  }

  /**
   * As `map`, but goes on after tasks that fail, and yields for each input how its task has settled, and which it was.
   *
   * Throws what the inputs throw, the signal's reason, and an `ExecutorClosedError` once the executor takes no more tasks.
   */
  mapSettled<N extends TaskName<M>, P = unknown>(
    inputs: Inputs<TaskInput<M, N>>,
    options: MapOptions<N, P> & { name: N },
  ): AsyncGenerator<SettledTask<TaskResult<M, N>>, void, undefined>
  mapSettled<P = unknown>(
    inputs: Inputs<TaskInput<M, 'default'>>,
    options?: MapOptions<never, P>,
  ): AsyncGenerator<SettledTask<TaskResult<M, 'default'>>, void, undefined>
  async *mapSettled(
    inputs: Inputs<unknown>,
    options: MapOptions<string, never> = {},
  ): AsyncGenerator<SettledTask<never>, void, undefined> {
    for await (const settled of this.#settle(inputs, options)) {
      // The inputs may have no end, and none of them would have a task.
      if (settled.status === 'rejected' && settled.reason instanceof ExecutorClosedError) throw settled.reason
      yield settled as SettledTask<never>
    }
  }

  /**
   * Refuses new tasks, lets those under way and in the queue finish until the timeout, then aborts them as a caller's signal does,
   * lets them end by themselves for `abortGraceMillis`, and ends the threads. What was aborted rejects with an `ExecutorClosedError`.
   * Default: no timeout. May be called again: the same close goes on.
   */
  close({ timeoutMillis }: { timeoutMillis?: number } = {}): Promise<void> {
    const complaint = timeoutMillis === undefined ? undefined : millis(timeoutMillis)
    if (complaint !== undefined) return Promise.reject(wrong('close.timeoutMillis', timeoutMillis, complaint))
    this.#closing ??= this.#close(timeoutMillis)
    return this.#closing
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #settle(inputs: Inputs<unknown>, options: MapOptions<string, never>): AsyncGenerator<SettledTask<unknown>> {
    const run = (input: unknown, runOptions: object) =>
      (this.run as (...call: unknown[]) => Promise<unknown>)(input, runOptions)
    const { capacity } = this.#tasks
    return mapTasks(inputs, options, capacity + Math.min(capacity, this.#options.maxQueue), run)
  }

  #enqueue(
    input: unknown,
    { name, signal, timeoutMillis, onProgress, transferList = [] }: RunOptions<string, never>,
  ): Promise<unknown> {
    const { filename, name: defaultName, abortGraceMillis } = this.#options
    const moved = unwrapMove(input)
    const run = new TaskRun(
      { filename, name: name ?? defaultName, input: moved.input },
      {
        signal,
        timeoutMillis,
        onProgress,
        transferList: [...transferList, ...moved.transferList],
        abortGraceMillis,
        onUntold: (error) => this.#tell(error),
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
    this.#tasks.abort(closed())
    await this.#finishWithin(this.#options.abortGraceMillis, finished)
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
    if (this.listenerCount('error') > 0) tell(this, 'error', error)
    else
      process.emitWarning(`An error that no task is told of: ${described(error)}`, {
        type: 'PgleaseWarning',
        code: 'PGLEASE_THREAD_ERROR',
      })
  }

  #full(): QueueFullError {
    const { maxQueue } = this.#options
    const waiting = counted(maxQueue, 'task waits', 'tasks wait')
    return new QueueFullError(`${waiting} for a thread already.`, { limit: maxQueue })
  }
}

function closed(): ExecutorClosedError {
  return new ExecutorClosedError('The executor is closed.')
}

/** `import()` of the threads takes URLs on every platform. */
function asUrl(filename: string | URL): string {
  if (isUrl(filename)) return filename.href
  return filename.startsWith('file:') ? filename : pathToFileURL(filename).href
}

/** What `Piscina.move` wraps. */
function unwrapMove(input: unknown): { input: unknown; transferList: Transferable[] } {
  if (typeof input !== 'object' || input === null || !(transferableSymbol in input))
    return { input, transferList: [] }
  const movable = input as { [transferableSymbol]: Transferable; [valueSymbol]: unknown }
  return { input: movable[valueSymbol], transferList: [movable[transferableSymbol]].flat() as Transferable[] }
}
