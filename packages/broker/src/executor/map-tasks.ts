import {
  callable,
  checkOptions,
  flag,
  millis,
  onAbort,
  signal,
  text,
  typeOf,
  whole,
  wrong,
} from '@pglease/client/internal'
import type { RunOptions } from './run-options.js'

/** How the tasks of many inputs run. */
export interface MapOptions<N extends string = string, P = unknown>
  extends Pick<RunOptions<N>, 'name' | 'signal' | 'timeoutMillis'> {
  /** Called with what the task of the input `index` (from 0) reports; a throw or a rejection aborts that task. */
  onProgress?: (progress: P, index: number) => void
  /** Whether results come in the order of the inputs, or as they are ready. Default: true. */
  ordered?: boolean
  /**
   * Tasks under way or done and not yet taken, at the most. Default: twice the tasks that the threads take at a time, or
   * fewer where `maxQueue` is smaller.
   */
  concurrency?: number
}

const CHECKS = {
  name: text,
  ordered: flag,
  concurrency: whole(1),
  signal,
  timeoutMillis: millis,
  onProgress: callable,
}

/** What `map` and `mapSettled` read, as threads come free. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>

/** How the task of one input has settled; `index` is the input's, from 0. */
export type SettledTask<R> =
  | {
      /** Of its input, from 0. */
      index: number
      /** It has returned. */
      status: 'fulfilled'
      /** What it has returned. */
      value: R
    }
  | {
      /** Of its input, from 0. */
      index: number
      /** It has failed. */
      status: 'rejected'
      /** What its promise would have rejected with. */
      reason: unknown
    }

type Run = (input: unknown, options: object) => Promise<unknown>

function iteratorOf(inputs: unknown): (() => Iterator<unknown> | AsyncIterator<unknown>) | undefined {
  return Object(inputs)[Symbol.asyncIterator] ?? Object(inputs)[Symbol.iterator]
}

/** Keeps up to `concurrency` tasks under way and yields how they settle. */
export async function* mapTasks(
  inputs: Inputs<unknown>,
  options: MapOptions<string, never>,
  defaultConcurrency: number,
  run: Run,
): AsyncGenerator<SettledTask<unknown>, void, undefined> {
  checkOptions('map', options, CHECKS)
  if (typeof iteratorOf(inputs) !== 'function')
    throw wrong('map.inputs', inputs, 'an iterable, or an asynchronous one')
  const tasks = new MappedTasks(inputs, options, options.concurrency ?? defaultConcurrency, run)
  try {
    for (let next = await tasks.next(); next !== undefined; next = await tasks.next()) yield next
  } finally {
    await tasks.stop()
  }
}

/** Reads inputs as long as there is room for their tasks, whether or not somebody asks for a result. */
class MappedTasks {
  readonly #source: Iterator<unknown> | AsyncIterator<unknown>
  readonly #concurrency: number
  readonly #isOrdered: boolean
  readonly #start: (input: unknown, index: number) => Promise<unknown>
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal | undefined
  /**
   * - `waiting`: there is no room for another task;
   * - `reading`: the next input is asked for;
   * - `ended`: there is none.
   */
  #inputs: 'waiting' | 'reading' | 'ended' = 'waiting'
  /** Of tasks in the order in which they are to be taken: as started, or as done. */
  readonly #line: { settled: SettledTask<unknown> | undefined }[] = []
  /** Tasks started. */
  #count = 0
  /** Tasks started and not yet taken. */
  #untaken = 0
  readonly #running = new Set<Promise<void>>()
  /** What ends all of it: an error of the inputs, or an abort. */
  #failure: { error: unknown } | undefined
  /** Whoever waits for a result looks again. */
  #wake = () => {}
  readonly #stopListening: (() => void) | undefined
  readonly #onAbort = () => {
    this.#failure ??= { error: this.#signal?.reason }
    this.#wake()
  }

  constructor(inputs: Inputs<unknown>, options: MapOptions<string, never>, concurrency: number, run: Run) {
    const { ordered = true, concurrency: _, signal, onProgress, ...each } = options
    this.#source = iteratorOf(inputs)!.call(inputs)
    this.#concurrency = concurrency
    this.#isOrdered = ordered
    this.#signal = signal
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal
    this.#start = (input, index) => {
      const report = onProgress && ((progress: never) => onProgress(progress, index))
      return run(input, { ...each, signal: both, onProgress: report })
    }
    if (signal?.aborted) this.#onAbort()
    this.#stopListening = signal && onAbort(signal, this.#onAbort)
  }

  /**
   * The next that has settled; undefined when all are taken.
   * @throws what ends all of it
   */
  async next(): Promise<SettledTask<unknown> | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error
      this.#read()
      const settled = this.#line[0]?.settled
      if (settled !== undefined) return this.#take(settled)
      if (this.#inputs === 'ended' && this.#untaken === 0) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Aborts the tasks under way, waits for them to end, and closes the inputs. */
  async stop(): Promise<void> {
    this.#stopListening?.()
    this.#stop.abort()
    await Promise.all(this.#running)
    if (this.#inputs === 'ended') return
    const closed = Promise.resolve(this.#source.return?.())
    // Inputs that still owe one may owe it for ever.
    if (this.#inputs === 'waiting') await closed
    else closed.catch(() => {})
  }

  #take(settled: SettledTask<unknown>): SettledTask<unknown> {
    this.#line.shift()
    this.#untaken--
    this.#read()
    return settled
  }

  #read(): void {
    if (this.#inputs !== 'waiting' || this.#untaken >= this.#concurrency || this.#stop.signal.aborted) return
    this.#inputs = 'reading'
    this.#readOne().then(
      () => this.#read(),
      (error) => {
        this.#inputs = 'ended'
        this.#failure ??= { error }
        this.#wake()
      },
    )
  }

  async #readOne(): Promise<void> {
    const read: unknown = await this.#source.next()
    // As of `for await`, lest inputs that never say that they end be read for ever.
    if (Object(read) !== read)
      throw new TypeError(`The inputs’ next() has given ${typeOf(read)}, not an object`)
    const { done, value } = read as IteratorResult<unknown>
    // As of `for await`, an iterable of promises gives what they resolve with.
    const input = done ? undefined : await value
    this.#inputs = done ? 'ended' : 'waiting'
    if (!done) this.#run(input)
    this.#wake()
  }

  #run(input: unknown): void {
    const index = this.#count++
    const task: { settled: SettledTask<unknown> | undefined } = { settled: undefined }
    this.#untaken++
    if (this.#isOrdered) this.#line.push(task)
    const settle = (settled: SettledTask<unknown>) => {
      task.settled = settled
      if (!this.#isOrdered) this.#line.push(task)
      this.#running.delete(running)
      this.#wake()
    }
    const running: Promise<void> = this.#start(input, index).then(
      (value) => settle({ index, status: 'fulfilled', value }),
      (reason) => settle({ index, status: 'rejected', reason }),
    )
    this.#running.add(running)
  }
}
