import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { ThreadEndedError } from '@pglease/client'
import { AheadCell, type AttachRequest, isAheadOffer, isAttachRequest } from '@pglease/client/internal'
import { Piscina, queueOptionsSymbol } from 'piscina'
import type { ThreadOptions } from './executor-options.js'
import { TaskJob } from './task-job.js'
import type { TaskRun } from './task-run.js'
import { ThreadLine } from './thread-line.js'

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>
type PiscinaThread = Parameters<NonNullable<PiscinaOptions['loadBalancer']>>[1][number]

/** What a pool of threads tells of, beside the ends of its tasks. */
export interface ThreadPoolEvents {
  /** A thread asks for its control port. */
  attach(request: AttachRequest): void
  /** A task has posted a message of its own to the main thread. */
  message(message: unknown): void
  /** An error of a thread that runs no task. */
  error(error: Error): void
}

const THREAD_MODULE = new URL(import.meta.resolve('@pglease/client/task-thread')).href

/** An idle thread ends after this: to start one costs tens of milliseconds. */
const IDLE_MILLIS = 10_000

/**
 * The executor's worker threads: Piscina, which is given no more tasks than the threads take at a time, and one ahead for
 * each thread, so that it need not wait for the main thread between two.
 */
export class ThreadPool {
  readonly #piscina: Piscina
  readonly #maxThreads: number
  readonly #tasksPerThread: number
  /** What Piscina has taken and not yet ended, those of `#starting` and `#ahead` among it. */
  readonly #jobs = new Set<TaskJob>()
  /** Jobs that wait for a thread to start. */
  readonly #starting = new Set<TaskJob>()
  /** Jobs that wait behind another of their thread. */
  readonly #ahead = new Set<TaskJob>()
  /** By the threads' ids. */
  readonly #lines = new Map<number, ThreadLine>()
  /** Told when a thread may take a task, at once or ahead. */
  onRoom: () => void = () => {}
  #state: 'open' | 'closed' = 'open'

  constructor(options: ThreadOptions, events: ThreadPoolEvents) {
    this.#maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
    this.#tasksPerThread = options.concurrentTasksPerWorker ?? 1
    this.#piscina = new Piscina({
      minThreads: 1,
      idleTimeout: IDLE_MILLIS,
      ...options,
      maxThreads: this.#maxThreads,
      concurrentTasksPerWorker: this.#tasksPerThread,
      loadBalancer: (task, threads) => this.#place(task[queueOptionsSymbol] as TaskJob, threads),
      filename: THREAD_MODULE,
      recordTiming: false,
    })
    this.#piscina.on('message', (message) => {
      if (isAttachRequest(message)) events.attach(message)
      else if (isAheadOffer(message)) this.#started(message.threadId, message['@pglease/ahead'])
      else events.message(message)
    })
    this.#piscina.on('error', (error) => {
      // A thread that is ended while it starts up fails in its own ways, which is no news.
      if (this.#state === 'open') events.error(error)
    })
  }

  /** Tasks that the threads take at a time. */
  get capacity(): number {
    return this.#maxThreads * this.#tasksPerThread
  }

  /** Tasks that a thread begins or has begun, or will when it has started. */
  get running(): TaskRun[] {
    const jobs = [...this.#jobs].filter(({ state }) => state === 'begun' || state === 'starting')
    return jobs.map(({ run }) => run)
  }

  /** How many of these do not wait behind another, as far as is known here. */
  get size(): number {
    let size = 0
    for (const job of this.#jobs) if (job.state !== 'takenBack' && !this.#ahead.has(job)) size++
    return size
  }

  get isFull(): boolean {
    return this.#jobs.size - this.#ahead.size >= this.capacity
  }

  /** Runs a task in a free thread; one that another thread has begun meanwhile is left to that. */
  run(run: TaskRun): void {
    if (run.takeBack()) this.#send(new TaskJob(run, false))
    run.started()
  }

  /**
   * Sends a task ahead to a thread that runs another, so that it may begin it without a word of this thread. False when
   * each has one already. Not for threads that take several tasks at a time: they seldom wait for this one. Nor while jobs
   * wait for threads to start, behind which Piscina would put it.
   */
  sendAhead(run: TaskRun): boolean {
    if (this.#tasksPerThread > 1 || this.#starting.size > 0 || !this.#hasRoomAhead) return false
    this.#send(new TaskJob(run, true))
    return true
  }

  /** Ends the threads, whatever they do; but those that are starting, see `TaskJob.kill`, start first. */
  async destroy(): Promise<void> {
    this.#state = 'closed'
    await Promise.all(this.#piscina.threads.map((thread) => this.#startedOrEnded(thread)))
    await this.#piscina.destroy()
  }

  #startedOrEnded(thread: Worker): Promise<void> {
    return new Promise((resolve) => {
      thread.once('exit', resolve)
      this.#lineOf(thread.threadId).whenStarted(resolve)
    })
  }

  get #hasRoomAhead(): boolean {
    for (const line of this.#lines.values()) if (line.hasRoomAhead) return true
    return false
  }

  #send(job: TaskJob): void {
    this.#jobs.add(job)
    const task = Object.assign(job.message, { [queueOptionsSymbol]: job })
    const options = { transferList: job.transferList as never, signal: job.killSignal }
    this.#piscina.run(task, options).then(
      (answer) => this.#answered(job, answer),
      (error) => this.#failed(job, error),
    )
    if (job.state !== 'starting') return
    this.#starting.add(job)
    job.starts()
  }

  /** The thread with the fewest jobs that has room for this one. Without any, Piscina starts one or asks again. */
  #place(job: TaskJob, threads: PiscinaThread[]): PiscinaThread | null {
    let found: { thread: PiscinaThread; line: ThreadLine } | undefined
    for (const thread of threads) {
      const line = this.#lineOf(thread.id)
      if (line.length < (found?.line.length ?? Number.POSITIVE_INFINITY) && this.#hasRoom(line, job))
        found = { thread, line }
    }
    if (found === undefined) return null
    this.#starting.delete(job)
    job.placed(found.line)
    if (job.state === 'behind') this.#ahead.add(job)
    return found.thread
  }

  #hasRoom(line: ThreadLine, job: TaskJob): boolean {
    if (job.isAhead && line.hasRoomAhead) return true
    return line.length < this.#tasksPerThread && line.canShare(job)
  }

  #lineOf(id: number): ThreadLine {
    let line = this.#lines.get(id)
    if (line === undefined) {
      line = new ThreadLine(id)
      this.#lines.set(id, line)
    }
    return line
  }

  /** A thread posts this once, before its first task. */
  #started(id: number, memory: SharedArrayBuffer): void {
    const living = new Set(this.#piscina.threads.map(({ threadId }) => threadId))
    for (const [other, line] of this.#lines)
      if (!living.has(other) && line.length === 0) this.#lines.delete(other)
    this.#lineOf(id).started(new AheadCell(memory))
    this.onRoom()
  }

  #answered(job: TaskJob, answer: unknown): void {
    this.#ended(job)
    this.#beginNext(job)
    this.onRoom()
    if (job.state !== 'takenBack') job.run.answered(answer)
  }

  /** Piscina rejects when it cannot send a task, and when the thread ended before it. */
  #failed(job: TaskJob, error: unknown): void {
    this.#ended(job)
    const isUnsent = error instanceof Error && error.name === 'DataCloneError'
    if (isUnsent) this.#beginNext(job)
    // What no thread has begun stays in the queue.
    if (isUnsent || !job.takeBack()) job.run.failed(isUnsent ? error : threadEnded(error, job.run))
    this.onRoom()
  }

  #ended(job: TaskJob): void {
    this.#jobs.delete(job)
    this.#starting.delete(job)
    this.#ahead.delete(job)
    job.line?.remove(job)
  }

  #beginNext({ line }: TaskJob): void {
    const next = line?.first
    if (next !== undefined && this.#ahead.delete(next)) next.begins()
  }
}

function threadEnded(error: unknown, { name }: TaskRun): ThreadEndedError {
  const why = error instanceof Error ? error.message : String(error)
  return new ThreadEndedError(`The thread of task "${name}" ended before the task did: ${why}`, {
    cause: error,
  })
}
