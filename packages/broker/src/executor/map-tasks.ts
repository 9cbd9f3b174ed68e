import { checkOptions, flag, signal, text, whole } from '../common/option-check.js'
import type { RunOptions } from './run-options.js'

export interface MapOptions<N extends string = string> extends Pick<RunOptions<N>, 'name' | 'signal'> {
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
}

type Inputs = Iterable<unknown> | AsyncIterable<unknown>
type Outcome = { result: unknown } | { error: unknown }
type Run = (input: unknown, options: object) => Promise<unknown>

/** Keeps up to `concurrency` tasks under way and yields their results. */
export async function* mapTasks(
  inputs: Inputs,
  options: MapOptions,
  defaultConcurrency: number,
  run: Run,
): AsyncGenerator<unknown, void, undefined> {
  checkOptions('map', options, CHECKS)
  const tasks = new MappedTasks(inputs, options, options.concurrency ?? defaultConcurrency, run)
  try {
    for (let next = await tasks.next(); next !== undefined; next = await tasks.next()) {
      if ('error' in next) throw next.error
      yield next.result
    }
  } finally {
    await tasks.stop()
  }
}

/** Reads inputs as long as there is room for their tasks, whether or not somebody asks for a result. */
class MappedTasks {
  readonly #source: Iterator<unknown> | AsyncIterator<unknown>
  readonly #concurrency: number
  readonly #isOrdered: boolean
  readonly #start: (input: unknown) => Promise<unknown>
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal | undefined
  /**
   * - `waiting`: there is no room for another task;
   * - `reading`: the next input is asked for;
   * - `ended`: there is none.
   */
  #inputs: 'waiting' | 'reading' | 'ended' = 'waiting'
  /** Of tasks in the order in which they are to be taken: as started, or as done. */
  readonly #line: { outcome: Outcome | undefined }[] = []
  /** Tasks started and not yet taken. */
  #untaken = 0
  readonly #running = new Set<Promise<void>>()
  /** What ends all of it: an error of the inputs, or an abort. */
  #failure: { error: unknown } | undefined
  /** Whoever waits for a result looks again. */
  #wake = () => {}
  readonly #onAbort = () => {
    this.#failure ??= { error: this.#signal?.reason }
    this.#wake()
  }

  constructor(inputs: Inputs, options: MapOptions, concurrency: number, run: Run) {
    const { name, signal, ordered = true } = options
    this.#source = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]()
    this.#concurrency = concurrency
    this.#isOrdered = ordered
    this.#signal = signal
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal
    this.#start = (input) => run(input, { ...(name === undefined ? {} : { name }), signal: both })
    if (signal?.aborted) this.#onAbort()
    signal?.addEventListener('abort', this.#onAbort)
  }

  /** The next outcome; undefined when all are taken. */
  async next(): Promise<Outcome | undefined> {
    for (;;) {
      if (this.#failure !== undefined) return this.#failure
      this.#read()
      const outcome = this.#line[0]?.outcome
      if (outcome !== undefined) return this.#take(outcome)
      if (this.#inputs === 'ended' && this.#untaken === 0) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Aborts the tasks under way, waits for them to end, and closes the inputs. */
  async stop(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#stop.abort()
    await Promise.all(this.#running)
    if (this.#inputs === 'ended') return
    const closed = Promise.resolve(this.#source.return?.())
    // Inputs that still owe one may owe it for ever.
    if (this.#inputs === 'waiting') await closed
    else closed.catch(() => {})
  }

  #take(outcome: Outcome): Outcome {
    this.#line.shift()
    this.#untaken--
    this.#read()
    return outcome
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
    const { done, value } = await this.#source.next()
    // As of `for await`, an iterable of promises gives what they resolve with.
    const input = done ? undefined : await value
    this.#inputs = done ? 'ended' : 'waiting'
    if (!done) this.#run(input)
    this.#wake()
  }

  #run(input: unknown): void {
    const task: { outcome: Outcome | undefined } = { outcome: undefined }
    this.#untaken++
    if (this.#isOrdered) this.#line.push(task)
    const settled = (outcome: Outcome) => {
      task.outcome = outcome
      if (!this.#isOrdered) this.#line.push(task)
      this.#running.delete(running)
      this.#wake()
    }
    const running: Promise<void> = this.#start(input).then(
      (result) => settled({ result }),
      (error) => settled({ error }),
    )
    this.#running.add(running)
  }
}
