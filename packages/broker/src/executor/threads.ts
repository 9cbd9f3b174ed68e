import type { Worker } from 'node:worker_threads'
import { taskThreadModule } from '@pglease/client/internal'
import { Piscina, queueOptionsSymbol } from 'piscina'
import type { ThreadOptions } from './executor-options.js'
import type { TaskJob } from './task-job.js'
import { type LineEvents, ThreadLine } from './thread-line.js'

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>
type PiscinaThread = Parameters<NonNullable<PiscinaOptions['loadBalancer']>>[1][number]

/** What the threads tell of, beside the ends of what they are sent. */
export interface ThreadsEvents extends Pick<LineEvents, 'attach' | 'message'> {
  /** A thread may take a task, or another thread may be started. */
  room(): void
  /** There is no thread, because one could not start. */
  unstarted(cause: unknown): void
  /** An error of a thread that no task is told of. */
  error(error: unknown): void
}

/** Where Piscina is to run what it is given: in this thread, or in a new one. */
type Place = ThreadLine | { thread: 'new' | 'any' }

/** An idle thread ends after this: to start one costs tens of milliseconds. */
const IDLE_MILLIS = 10_000

/**
 * The threads as Piscina keeps them. Its own queue stays out of it: it is given a task only for a thread that takes it at
 * once, and what else it is given is there to make it start a thread.
 */
export class Threads implements Iterable<ThreadLine> {
  readonly #piscina: Piscina
  readonly #events: ThreadsEvents
  readonly #maxThreads: number
  /** Of all threads that have not ended, by their ids. */
  readonly #lines = new Map<number, ThreadLine>()
  /** Those too that are ended, and have not told of it. */
  readonly #unexited = new Set<Worker>()
  #state: 'open' | 'closed' = 'open'

  constructor(options: ThreadOptions & { maxThreads: number }, events: ThreadsEvents) {
    this.#events = events
    this.#maxThreads = options.maxThreads
    this.#piscina = new Piscina({
      minThreads: 1,
      idleTimeout: IDLE_MILLIS,
      ...options,
      loadBalancer: (task, threads) => this.#place(task[queueOptionsSymbol] as Place, threads),
      filename: taskThreadModule(),
      name: 'runTask',
      recordTiming: false,
    })
    this.#findNew()
    // Piscina takes tasks for it a moment later.
    this.#piscina.on('workerCreate', (shown) =>
      queueMicrotask(() => this.#lines.get(shown.id)?.created(shown)),
    )
    this.#piscina.on('workerDestroy', ({ id }) => this.#ended(id))
    this.#piscina.on('error', (error) => {
      // A thread that is ended while it starts up fails in its own ways, which is no news.
      if (this.#state === 'open') events.error(error)
    })
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
    const before = line.owed
    const answer = this.#give(message, line, { transferList, signal })
    return { isSent: line.owed > before, answer }
  }

  /** Starts as many threads as to have this many starting, unless there would be too many. */
  start(count: number): void {
    const room = this.#maxThreads - this.#lines.size
    if (room <= 0) return
    for (let left = Math.min(count - this.#startingSize, room); left > 0; left--) this.#start()
  }

  /** Ends them all, whatever they do. */
  async destroy(): Promise<void> {
    this.#state = 'closed'
    // At the exit of one that it has ended before, Piscina would start another.
    const kept = new Set(this.#piscina.threads)
    const ended = [...this.#unexited].filter((thread) => !kept.has(thread))
    await Promise.all(ended.map((thread) => new Promise((resolve) => thread.once('exit', resolve))))
    await this.#piscina.destroy()
  }

  get #startingSize(): number {
    let size = 0
    for (const line of this) if (!line.hasStarted) size++
    return size
  }

  #give(message: object, place: Place, options: object): Promise<unknown> {
    return this.#piscina.run(Object.assign(message, { [queueOptionsSymbol]: place }), options)
  }

  /** Piscina starts a thread for what it cannot place: this does nothing, wherever it runs then. */
  #start(): void {
    // What has a signal does not keep Piscina from placing at once what comes behind.
    const { signal } = new AbortController()
    this.#give({}, { thread: 'new' }, { name: 'nothing', signal }).catch(() => {})
    this.#findNew()
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

  #findNew(): void {
    for (const thread of this.#piscina.threads)
      if (!this.#lines.has(thread.threadId)) this.#lines.set(thread.threadId, this.#newLine(thread))
  }

  #newLine(thread: Worker): ThreadLine {
    this.#unexited.add(thread)
    thread.once('exit', () => this.#unexited.delete(thread))
    const { attach, message, room, error } = this.#events
    return new ThreadLine(thread, { attach, message, ready: room, garbage: error })
  }

  /** Of a thread that ends, or is ended: what follows from it is known a moment later. */
  #ended(id: number): void {
    const ended = [...this].filter((line) => line.id === id || line.isOver)
    for (const line of ended) this.#lines.delete(line.id)
    queueMicrotask(() => {
      if (this.#state === 'closed') return
      // Piscina may have started another in its place.
      this.#findNew()
      const error = ended.map(({ startError }) => startError).find((each) => each !== undefined)
      const isAnyReady = [...this].some(({ isReady }) => isReady)
      if (error !== undefined && !isAnyReady) this.#events.unstarted(error.value)
      this.#events.room()
    })
  }
}
