import type { Worker } from 'node:worker_threads'
import { AheadCell } from '@pglease/client/internal'

/** What a thread's line needs of the jobs in it. */
export interface LineJob {
  /** Whether its abort may end the thread. */
  readonly isAbortable: boolean
  /** The executor has the answer of the one before it. */
  begins(): void
  /** Whether the thread will not begin it, from now on at the latest. */
  takeBack(): boolean
}

/** A thread of the executor, and its jobs in the order in which it takes them. */
export class ThreadLine {
  /** The thread's. */
  readonly id: number
  /** Set when the thread has started and has posted it. */
  #cell: AheadCell | undefined
  /** Set when Piscina takes tasks for the thread, which it may do before the thread has started. */
  #isCreated = false
  readonly #thread: Worker
  /** What the thread ended with. */
  #error: Error | undefined
  readonly #jobs: LineJob[] = []

  constructor(thread: Worker) {
    this.#thread = thread
    this.id = thread.threadId
    thread.once('error', (error) => {
      this.#error = error
    })
  }

  /** Whether the thread has ended: then it has no id any more. */
  get isOver(): boolean {
    return this.#thread.threadId !== this.id
  }

  /** Why the thread will never be ready, unless it has been ended. */
  get startError(): Error | undefined {
    if (this.isReady) return undefined
    return this.#error ?? (this.isOver ? new Error('The thread exited while it started') : undefined)
  }

  /** Only the thread's first word counts: its tasks could post the same. */
  started(memory: SharedArrayBuffer): void {
    this.#cell ??= new AheadCell(memory)
  }

  created(): void {
    this.#isCreated = true
  }

  /** Whether it can be sent jobs. One that is not ready has none. */
  get isReady(): boolean {
    return this.#cell !== undefined && this.#isCreated
  }

  /** @throws Error before the thread has started. */
  get cell(): AheadCell {
    if (this.#cell === undefined) throw new Error('The thread has not started')
    return this.#cell
  }

  get length(): number {
    return this.#jobs.length
  }

  get first(): LineJob | undefined {
    return this.#jobs[0]
  }

  behind(job: LineJob): LineJob | undefined {
    return this.#jobs[this.#jobs.indexOf(job) + 1]
  }

  add(job: LineJob): void {
    this.#jobs.push(job)
  }

  remove(job: LineJob): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1)
  }

  /** A task that can be aborted has its thread to itself: the thread's end would end the others. */
  canShare({ isWatched }: { readonly isWatched: boolean }): boolean {
    return this.#jobs.every((job) => !isWatched && !job.isAbortable)
  }
}
