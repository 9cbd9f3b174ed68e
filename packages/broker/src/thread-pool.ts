import { availableParallelism } from 'node:os'
import { ThreadEndedError } from '@pglease/client'
import { type AttachRequest, isAheadOffer, isAttachRequest } from '@pglease/client/internal'
import { Piscina, queueOptionsSymbol } from 'piscina'
import type { ThreadOptions } from './executor-options.js'
import { TaskJob } from './task-job.js'
import type { TaskRun } from './task-run.js'
import { ThreadLine } from './thread-line.js'

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>
type PiscinaThread = Parameters<NonNullable<PiscinaOptions['loadBalancer']>>[1][number]

/** What a pool of threads tells of, beside the ends of its tasks. */
export interface ThreadPoolEvents {
  /** A thread may take a task, at once or ahead, or another thread may be started. */
  room(): void
  /** There is no thread, because one could not start. */
  unstarted(error: Error): void
  /** A thread asks for its control port. */
  attach(request: AttachRequest): void
  /** A task has posted a message of its own to the main thread. */
  message(message: unknown): void
  /** An error of a thread that runs no task. */
  error(error: Error): void
}

/** Where Piscina is to run what it is given: in this thread, or in a new one. */
type Place = ThreadLine | { thread: 'new' | 'any' }

const THREAD_MODULE = new URL(import.meta.resolve('@pglease/client/task-thread')).href

/** An idle thread ends after this: to start one costs tens of milliseconds. */
const IDLE_MILLIS = 10_000

/**
 * The executor's worker threads: Piscina, which is given a task only when a thread takes it at once, and one ahead for each
 * thread, so that it need not wait for the main thread between two.
 */
export class ThreadPool {
  readonly #piscina: Piscina
  readonly #events: ThreadPoolEvents
  readonly #maxThreads: number
  readonly #tasksPerThread: number
  /** What Piscina has taken and not yet ended. */
  readonly #jobs = new Set<TaskJob>()
  /** Of all threads that have not ended, by their ids. */
  readonly #lines = new Map<number, ThreadLine>()
  #state: 'open' | 'closed' = 'open'

  constructor(options: ThreadOptions, events: ThreadPoolEvents) {
    this.#events = events
    this.#maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
    this.#tasksPerThread = options.concurrentTasksPerWorker ?? 1
    this.#piscina = new Piscina({
      minThreads: 1,
      idleTimeout: IDLE_MILLIS,
      ...options,
      maxThreads: this.#maxThreads,
      concurrentTasksPerWorker: this.#tasksPerThread,
      loadBalancer: (task, threads) => this.#place(task[queueOptionsSymbol] as Place, threads),
      filename: THREAD_MODULE,
      recordTiming: false,
    })
    this.#findThreads()
    this.#piscina.on('message', (message) => {
      if (isAttachRequest(message)) events.attach(message)
      else if (isAheadOffer(message)) this.#started(message.threadId, message['@pglease/ahead'])
      else events.message(message)
    })
    // Piscina takes tasks for it a moment later.
    this.#piscina.on('workerCreate', ({ id }) => queueMicrotask(() => this.#created(id)))
    this.#piscina.on('workerDestroy', ({ id }) => this.#ended(id))
    this.#piscina.on('error', (error) => {
      // A thread that is ended while it starts up fails in its own ways, which is no news.
      if (this.#state === 'open') events.error(error)
    })
  }

  /** Tasks that the threads take at a time. */
  get capacity(): number {
    return this.#maxThreads * this.#tasksPerThread
  }

  /** Tasks that a thread begins or has begun. */
  get running(): TaskRun[] {
    return [...this.#jobs].filter(({ state }) => state === 'begun').map(({ run }) => run)
  }

  /** How many of these are behind no other, as far as is known here. */
  get size(): number {
    let size = 0
    for (const job of this.#jobs) if (job.state === 'begun' && !job.isBehind) size++
    return size
  }

  /**
   * Runs a task in a free thread; one that another thread has begun meanwhile is left to that. False when there is none.
   */
  run(run: TaskRun): boolean {
    const line = this.#freeLine(run)
    if (line === undefined) return false
    if (run.takeBack()) this.#send(new TaskJob(run, line, 'begun'))
    run.started()
    return true
  }

  /**
   * Sends a task ahead to a thread that runs another, so that it may begin it without a word of this thread. False when
   * each has one already. Not for threads that take several tasks at a time: they seldom wait for this one.
   */
  sendAhead(run: TaskRun): boolean {
    if (this.#tasksPerThread > 1) return false
    for (const line of this.#lines.values()) {
      if (line.length !== 1) continue
      this.#send(new TaskJob(run, line, 'behind'))
      return true
    }
    return false
  }

  /** Starts threads for so many tasks that wait, unless enough are starting or there would be too many. */
  startFor(waiting: number): void {
    const room = this.#maxThreads - this.#lines.size
    if (room <= 0) return
    const wanted = Math.ceil(waiting / this.#tasksPerThread) - this.#startingSize
    for (let count = Math.min(wanted, room); count > 0; count--) this.#start()
  }

  /** Ends the threads, whatever they do. */
  async destroy(): Promise<void> {
    this.#state = 'closed'
    await this.#piscina.destroy()
  }

  get #startingSize(): number {
    let size = 0
    for (const line of this.#lines.values()) if (!line.isReady) size++
    return size
  }

  /** Piscina starts a thread for what it cannot place: this does nothing, wherever it runs then. */
  #start(): void {
    const { signal } = new AbortController()
    const place: Place = { thread: 'new' }
    // What has a signal does not keep Piscina from placing at once what comes behind.
    this.#piscina.run({ [queueOptionsSymbol]: place }, { name: 'nothing', signal }).catch(() => {})
    this.#findThreads()
  }

  #findThreads(): void {
    for (const thread of this.#piscina.threads)
      if (!this.#lines.has(thread.threadId)) this.#lines.set(thread.threadId, new ThreadLine(thread))
  }

  /** With the fewest jobs of those that have room for this one. */
  #freeLine(run: TaskRun): ThreadLine | undefined {
    let found: ThreadLine | undefined
    for (const line of this.#lines.values()) {
      const isFree = line.isReady && line.length < this.#tasksPerThread && line.canShare(run)
      if (isFree && (found === undefined || line.length < found.length)) found = line
    }
    return found
  }

  #send(job: TaskJob): void {
    this.#jobs.add(job)
    const task = Object.assign(job.message, { [queueOptionsSymbol]: job.line })
    const options = { transferList: job.transferList as never, signal: job.killSignal }
    this.#piscina.run(task, options).then(
      (answer) => this.#answered(job, answer),
      (error) => this.#failed(job, error),
    )
  }

  #place(place: Place, threads: PiscinaThread[]): PiscinaThread | null {
    if (place instanceof ThreadLine) {
      const thread = threads.find(({ id }) => id === place.id)
      if (thread === undefined) throw new Error('A task was sent to a thread that has ended')
      return thread
    }
    if (place.thread === 'any') return threads[0]!
    place.thread = 'any'
    return null
  }

  /** A thread posts this once, before its first task. */
  #started(id: number, memory: SharedArrayBuffer): void {
    const line = this.#lines.get(id)
    line?.started(memory)
    if (line?.isReady) this.#events.room()
  }

  #created(id: number): void {
    const line = this.#lines.get(id)
    line?.created()
    if (line?.isReady) this.#events.room()
  }

  /** Of a thread that ends, or is ended: what follows from it is known a moment later. */
  #ended(id: number): void {
    const ended = [...this.#lines.values()].filter((line) => line.id === id || line.isOver)
    for (const line of ended) this.#lines.delete(line.id)
    queueMicrotask(() => {
      if (this.#state === 'closed') return
      // Piscina may have started another in its place.
      this.#findThreads()
      const error = ended.map(({ startError }) => startError).find((each) => each !== undefined)
      const isAnyReady = [...this.#lines.values()].some(({ isReady }) => isReady)
      if (error !== undefined && !isAnyReady) this.#events.unstarted(error)
      this.#events.room()
    })
  }

  #answered(job: TaskJob, answer: unknown): void {
    this.#settled(job)
    job.line.first?.begins()
    this.#events.room()
    if (job.state !== 'takenBack') job.run.answered(answer)
  }

  /** Piscina rejects when it cannot send a task, and when the thread ended before it. */
  #failed(job: TaskJob, error: unknown): void {
    this.#settled(job)
    const isUnsent = error instanceof Error && error.name === 'DataCloneError'
    if (isUnsent) job.line.first?.begins()
    // What no thread has begun stays in the queue.
    if (isUnsent || !job.takeBack()) job.run.failed(isUnsent ? error : threadEnded(error, job.run))
    this.#events.room()
  }

  #settled(job: TaskJob): void {
    this.#jobs.delete(job)
    job.line.remove(job)
  }
}

function threadEnded(error: unknown, { name }: TaskRun): ThreadEndedError {
  const why = error instanceof Error ? error.message : String(error)
  return new ThreadEndedError(`The thread of task "${name}" ended before the task did: ${why}`, {
    cause: error,
  })
}
