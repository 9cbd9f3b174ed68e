import type { Worker } from 'node:worker_threads'
import { taskThreadModule } from '@pglease/client/internal'
import type { Piscina } from 'piscina'
import type { ThreadOptions } from './executor-options.js'
import { queueOptionsSymbol } from './piscina-symbols.js'
import type { TaskJob } from './task-job.js'
import { type LineEvents, ThreadLine } from './thread-line.js'

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>
type PiscinaThread = Parameters<NonNullable<PiscinaOptions['loadBalancer']>>[1][number]

/** What the threads tell of, beside the ends of what they are sent. */
export interface ThreadsEvents extends Pick<LineEvents, 'attach' | 'message'> {
  /** A thread is starting. */
  starting(): void
  /** A thread may take a task, or another thread may be started. */
  room(): void
  /**
   * There is no thread, because one could not start.
   * @param isForGood whether none ever will.
   */
  unstarted(cause: unknown, isForGood: boolean): void
  /** An error of a thread that no task is told of. */
  error(error: unknown): void
}

/** Where Piscina is to run what it is given: in this thread, or in a new one. */
type Place = ThreadLine | { thread: 'new' | 'any' }

/**
 * - `loading`: Piscina is being loaded, which is a good part of this package and needed by executors alone;
 * - `open`;
 * - `failed`: there is no Piscina with these options, and will not be;
 * - `closed`.
 */
type State =
  | { readonly is: 'loading' | 'closed' }
  | { readonly is: 'open'; readonly piscina: Piscina }
  | { readonly is: 'failed'; readonly cause: unknown }

/** An idle thread ends after this: to start one costs tens of milliseconds. */
const IDLE_MILLIS = 10_000

/**
 * The threads as Piscina keeps them. Its own queue stays out of it: it is given a task only for a thread that takes it at
 * once, and what else it is given is there to make it start a thread.
 */
export class Threads implements Iterable<ThreadLine> {
  readonly #events: ThreadsEvents
  readonly #maxThreads: number
  /** Of all threads that have not ended, by their ids. */
  readonly #lines = new Map<number, ThreadLine>()
  /** Those too that are ended, and have not told of it. */
  readonly #unexited = new Set<Worker>()
  #state: State = { is: 'loading' }
  /** Settles when it is not loading any more. */
  readonly #loading: Promise<void>

  constructor(options: ThreadOptions & { maxThreads: number }, events: ThreadsEvents) {
    this.#events = events
    this.#maxThreads = options.maxThreads
    this.#loading = import('piscina')
      .then((module) => this.#open(module, options))
      .then(
        () => events.room(),
        (cause) => this.#fail(cause),
      )
  }

  [Symbol.iterator](): Iterator<ThreadLine> {
    return this.#lines.values()
  }

  /**
   * Sends a job to its thread, unless it cannot be cloned. The promise resolves with the `TaskAnswer`; it settles with
   * anything else when the job could not be sent, or its thread has ended.
   */
  send({ message, transferList, line, killSignal: signal }: TaskJob): {
    isSent: boolean
    answer: Promise<unknown>
  } {
    if (this.#state.is !== 'open')
      return { isSent: false, answer: Promise.reject(new Error('There are no threads')) }
    const before = line.owed
    const answer = give(this.#state.piscina, message, line, { transferList, signal })
    return { isSent: line.owed > before, answer }
  }

  /** Starts as many threads as to have this many starting, unless there would be too many. */
  start(count: number): void {
    if (this.#state.is === 'failed') return this.#events.unstarted(this.#state.cause, true)
    if (this.#state.is !== 'open') return
    const room = this.#maxThreads - this.#lines.size
    if (room <= 0) return
    const { piscina } = this.#state
    for (let left = Math.min(count - this.#startingSize, room); left > 0; left--) this.#start(piscina)
  }

  /** Aborts what they run. */
  stop(): void {
    for (const line of this) line.stop()
  }

  /** Ends them all, whatever they do. */
  async destroy(): Promise<void> {
    const old = this.#state
    this.#state = { is: 'closed' }
    await this.#loading
    if (old.is !== 'open') return
    // At the exit of one that it has ended before, Piscina would start another.
    const kept = new Set(old.piscina.threads)
    const ended = [...this.#unexited].filter((thread) => !kept.has(thread))
    await Promise.all(ended.map((thread) => new Promise((resolve) => thread.once('exit', resolve))))
    for (const line of this) line.noteKill()
    await old.piscina.destroy()
  }

  /** @throws what Piscina's threads do not take. */
  #open(module: Pick<typeof import('piscina'), 'Piscina'>, options: ThreadOptions): void {
    if (this.#state.is === 'closed') return
    const piscina = new module.Piscina({
      minThreads: 1,
      idleTimeout: IDLE_MILLIS,
      ...options,
      loadBalancer: (task, threads) => this.#place(placeOf(task), threads),
      filename: taskThreadModule(),
      name: 'runTask',
      recordTiming: false,
    })
    this.#state = { is: 'open', piscina }
    this.#findNew(piscina)
    // Piscina takes tasks for it a moment later.
    piscina.on('workerCreate', (shown) => queueMicrotask(() => this.#lines.get(shown.id)?.created(shown)))
    piscina.on('workerDestroy', ({ id }) => this.#ended(id, piscina))
    piscina.on('error', (error) => {
      // A thread that is ended while it starts up fails in its own ways, which is no news.
      if (this.#state.is === 'open') this.#events.error(error)
    })
  }

  #fail(cause: unknown): void {
    if (this.#state.is === 'closed') return
    this.#state = { is: 'failed', cause }
    this.#events.room()
  }

  get #startingSize(): number {
    let size = 0
    for (const line of this) if (!line.hasStarted) size++
    return size
  }

  /** Piscina starts a thread for what it cannot place: this does nothing, wherever it runs then. */
  #start(piscina: Piscina): void {
    // What has a signal does not keep Piscina from placing at once what comes behind.
    const { signal } = new AbortController()
    give(piscina, {}, { thread: 'new' }, { name: 'nothing', signal }).catch(() => {})
    this.#findNew(piscina)
  }

  #place(place: Place, threads: PiscinaThread[]): PiscinaThread | null {
    if (place instanceof ThreadLine) {
      const thread = threads.find(({ id }) => id === place.id)
      if (thread === undefined) throw new Error('A task was sent to a thread that has ended')
      return thread
    }
    if (place.thread === 'any') return threads[0] ?? null
    place.thread = 'any'
    return null
  }

  #findNew(piscina: Piscina): void {
    for (const thread of piscina.threads)
      if (!this.#lines.has(thread.threadId)) this.#lines.set(thread.threadId, this.#newLine(thread))
  }

  #newLine(thread: Worker): ThreadLine {
    this.#unexited.add(thread)
    thread.once('exit', () => this.#unexited.delete(thread))
    const { starting, attach, message, room, error } = this.#events
    starting()
    return new ThreadLine(thread, { attach, message, ready: room, garbage: error })
  }

  /** Of a thread that ends, or is ended: what follows from it is known a moment later. */
  #ended(id: number, piscina: Piscina): void {
    const ended = [...this].filter((line) => line.id === id || line.isOver)
    for (const line of ended) this.#lines.delete(line.id)
    queueMicrotask(() => {
      if (this.#state.is === 'closed') return
      // Piscina may have started another in its place.
      this.#findNew(piscina)
      const error = ended.map(({ startError }) => startError).find((each) => each !== undefined)
      const isAnyReady = [...this].some(({ isReady }) => isReady)
      if (error !== undefined && !isAnyReady) this.#events.unstarted(error.value, false)
      this.#events.room()
    })
  }
}

function give(piscina: Piscina, message: object, place: Place, options: object): Promise<unknown> {
  return piscina.run(Object.assign(message, { [queueOptionsSymbol]: place }), options)
}

function placeOf(task: object): Place {
  return (task as { [queueOptionsSymbol]: Place })[queueOptionsSymbol]
}
