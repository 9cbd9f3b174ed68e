import { availableParallelism } from 'node:os'
import { ThreadEndedError } from '@pglease/client'
import { type AttachRequest, isAttachRequest } from '@pglease/client/internal'
import type { ThreadOptions } from './executor-options.js'
import { TaskJob } from './task-job.js'
import type { TaskRun } from './task-run.js'
import type { ThreadLine } from './thread-line.js'
import { Threads, type ThreadsEvents } from './threads.js'

/** What a pool of threads tells of, beside the ends of its tasks. */
export interface ThreadPoolEvents extends ThreadsEvents {
  /** A thread asks for its control port: no `message` of a task's. */
  attach(request: AttachRequest): void
}

/**
 * Tasks in the executor's threads: those that a thread takes at once, and one ahead for each thread, so that it need not
 * wait for the main thread between two.
 */
export class ThreadPool {
  readonly #threads: Threads
  readonly #events: ThreadPoolEvents
  readonly #tasksPerThread: number
  /** Tasks that the threads take at a time. */
  readonly capacity: number
  /** What has been sent and has not ended. */
  readonly #jobs = new Set<TaskJob>()

  constructor(options: ThreadOptions, events: ThreadPoolEvents) {
    this.#events = events
    const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
    this.#tasksPerThread = options.concurrentTasksPerWorker ?? 1
    this.capacity = maxThreads * this.#tasksPerThread
    this.#threads = new Threads(
      { ...options, maxThreads },
      {
        ...events,
        message: (message) => {
          if (isAttachRequest(message)) events.attach(message)
          else events.message(message)
        },
      },
    )
  }

  /** Tasks that a thread begins or has begun. */
  get running(): TaskRun[] {
    return [...this.#jobs].filter(({ hasBegun }) => hasBegun).map(({ run }) => run)
  }

  /** How many of these are behind no other, as far as is known here. */
  get size(): number {
    let size = 0
    for (const job of this.#jobs) if (job.hasBegun && !job.isBehind) size++
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
    for (const line of this.#threads) {
      if (line.length !== 1) continue
      this.#send(new TaskJob(run, line, 'behind'))
      return true
    }
    return false
  }

  /** Starts threads for so many tasks that wait, as far as there may be more. */
  startFor(waiting: number): void {
    this.#threads.start(Math.ceil(waiting / this.#tasksPerThread))
  }

  /** Ends the threads, whatever they do. */
  destroy(): Promise<void> {
    return this.#threads.destroy()
  }

  /** With the fewest jobs of those that have room for this one. */
  #freeLine(run: TaskRun): ThreadLine | undefined {
    let found: ThreadLine | undefined
    for (const line of this.#threads) {
      const isFree = line.isReady && line.length < this.#tasksPerThread && line.canShare(run)
      if (isFree && (found === undefined || line.length < found.length)) found = line
    }
    return found
  }

  #send(job: TaskJob): void {
    this.#jobs.add(job)
    this.#threads.send(job).then(
      (answer) => this.#answered(job, answer),
      (error) => this.#failed(job, error),
    )
  }

  #answered(job: TaskJob, answer: unknown): void {
    this.#settled(job)
    job.line.first?.begins()
    this.#events.room()
    if (!job.isTakenBack) job.run.answered(answer)
  }

  /** The task could not be sent, or its thread ended before it. */
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
