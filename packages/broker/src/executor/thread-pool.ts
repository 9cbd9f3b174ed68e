import { availableParallelism } from 'node:os'
import { ThreadEndedError } from '@pglease/client'
import { cloneError, described } from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'
import type { ThreadOptions } from './executor-options.js'
import { TaskAnswer } from './piscina-thread.js'
import { TaskJob } from './task-job.js'
import type { TaskRun } from './task-run.js'
import type { ThreadLine } from './thread-line.js'
import { Threads, type ThreadsEvents } from './threads.js'

/**
 * Tasks in the executor's threads: those that a thread takes at once, and one ahead for each thread, so that it need not
 * wait for the main thread between two.
 */
export class ThreadPool {
  readonly #threads: Threads
  readonly #events: ThreadsEvents
  readonly #tasksPerThread: number
  /** Tasks that the threads take at a time. */
  readonly capacity: number
  /** What has been sent and has not ended. */
  readonly #jobs = new Set<TaskJob>()

  constructor(options: ThreadOptions, events: ThreadsEvents) {
    this.#events = events
    const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
    this.#tasksPerThread = options.concurrentTasksPerWorker ?? 1
    this.capacity = maxThreads * this.#tasksPerThread
    this.#threads = new Threads({ ...options, maxThreads }, events)
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
      if (line.length !== 1 || !line.isReady) continue
      this.#send(new TaskJob(run, line, 'behind'))
      return true
    }
    return false
  }

  /** Starts threads for so many tasks that wait, as far as there may be more. */
  startFor(waiting: number): void {
    this.#threads.start(Math.ceil(waiting / this.#tasksPerThread))
  }

  /** Aborts what the threads run, and what they begin from here on. */
  stop(): void {
    this.#threads.stop()
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
    const { isSent, answer } = this.#threads.send(job)
    const ended = (why: unknown) => (isSent ? this.#lost(job, why) : this.#unsent(job, why))
    // An uncaught null of the thread's is a success to Piscina.
    answer.then((given) => (given instanceof TaskAnswer ? this.#answered(job, given) : ended(given)), ended)
  }

  #answered(job: TaskJob, answer: TaskAnswer): void {
    const { isTakenBack } = job
    this.#settled(job)
    if (!job.line.isEnding) job.line.first?.begins()
    this.#events.room()
    if (isTakenBack) closeBrought(answer.value)
    else job.run.answered(answer)
  }

  #unsent(job: TaskJob, error: unknown): void {
    this.#settled(job)
    job.line.first?.begins()
    job.run.failed(cloneError(error, job.message.input, 'input'))
    this.#events.room()
  }

  /** The job's thread has ended before it. What the thread has not begun stays in the queue. */
  #lost(job: TaskJob, error: unknown): void {
    const isBegun = !job.takeBack()
    this.#settled(job)
    if (isBegun) job.run.failed(threadEnded(error, job))
    this.#events.room()
  }

  #settled(job: TaskJob): void {
    this.#jobs.delete(job)
    job.line.remove(job)
  }
}

function threadEnded(cause: unknown, { run: { name }, mayHaveBegun }: TaskJob): ThreadEndedError {
  const what = mayHaveBegun ? 'ended before the task did' : 'ended before it began the task'
  return new ThreadEndedError(`The thread of task "${name}" ${what}: ${described(cause)}`, {
    cause,
    retryable: !mayHaveBegun,
  })
}
