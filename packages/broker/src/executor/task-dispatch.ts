import { ThreadEndedError } from '@pglease/client'
import { described } from '@pglease/client/internal'
import type { ThreadOptions } from './executor-options.js'
import { tellQueued } from './task-news.js'
import { TaskQueue } from './task-queue.js'
import type { TaskRun } from './task-run.js'
import { ThreadPool } from './thread-pool.js'
import type { ThreadsEvents } from './threads.js'

/**
 * A task that was sent ahead to a thread that takes long may be overtaken by this many for each thread, before no more are
 * sent ahead.
 */
const MOST_OVERTAKING = 2

/**
 * Which task goes to which thread, and when: the first of the queue to the first free thread, the next ones ahead to those
 * that are busy. Looks again whenever a task comes or ends and a thread comes or goes.
 */
export class TaskDispatch {
  readonly #queue = new TaskQueue()
  readonly #threads: ThreadPool

  constructor(options: ThreadOptions, events: Omit<ThreadsEvents, 'room' | 'unstarted'>) {
    this.#threads = new ThreadPool(options, {
      ...events,
      room: () => this.#dispatch(),
      unstarted: (cause, isForGood) => this.#failWaiting(cause, isForGood),
    })
  }

  /** Tasks that the threads take at a time. */
  get capacity(): number {
    return this.#threads.capacity
  }

  get queueSize(): number {
    return this.#queue.size
  }

  get runningSize(): number {
    return this.#threads.size
  }

  /** Tasks that a thread begins or has begun. */
  get running(): TaskRun[] {
    return this.#threads.running
  }

  /** All that have not ended. */
  get runs(): TaskRun[] {
    return [...this.#queue, ...this.#threads.running]
  }

  /** Whether a task more would have to wait behind `maxQueue` others. Those do not count for which a thread is started. */
  isFull(maxQueue: number): boolean {
    const waiting = this.#queue.size
    return waiting >= maxQueue && waiting + this.#threads.size >= maxQueue + this.capacity
  }

  add(run: TaskRun): void {
    this.#queue.add(run)
    run.carry(tellQueued(run))
    this.#dispatch()
  }

  /** Aborts all that has not ended: what no thread has begun ends at once. To be called when no more tasks come. */
  abort(error: Error): void {
    this.#threads.stop()
    for (const run of this.runs) run.abort(error)
  }

  /** Ends the threads, and with this error what has not ended. */
  async end(error: Error): Promise<void> {
    // What the threads have answered is read in this turn.
    await new Promise(setImmediate)
    for (const run of this.#threads.running) run.failed(error)
    await this.#threads.destroy()
  }

  #dispatch(): void {
    for (const run of this.#queue) if (!this.#threads.run(run)) break
    if (this.#queue.size === 0) return
    this.#threads.startFor(this.#queue.size)
    this.#sendAhead()
  }

  /** In the order of the queue, and not while its first has been overtaken too often: the next free thread runs it. */
  #sendAhead(): void {
    if (this.#queue.overtakenFirst >= MOST_OVERTAKING * this.capacity) return
    for (const run of this.#queue) {
      if (run.isSent) continue
      if (!run.canBeSentAgain || !this.#threads.sendAhead(run)) return
    }
  }

  /** Where threads cannot start, each costs one task, lest more and more are started in vain. */
  #failWaiting(cause: unknown, isForGood: boolean): void {
    for (const run of this.#queue) {
      if (!run.takeBack()) continue
      const message = `No thread could begin task "${run.name}": ${described(cause)}`
      run.failed(new ThreadEndedError(message, { cause, retryable: !isForGood }))
      if (!isForGood) return
    }
  }
}
