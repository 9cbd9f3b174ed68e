import type { AheadCell } from '@pglease/client/internal'
import type { TaskJob } from './task-job.js'

/** The jobs of one thread, in the order in which it takes them. */
export class ThreadLine {
  /** Of the thread. */
  readonly id: number
  #cell: AheadCell | undefined
  /** Told when the thread starts; empty from then on. */
  readonly #onStarted: (() => void)[] = []
  readonly #jobs: TaskJob[] = []

  constructor(id: number) {
    this.id = id
  }

  /** Undefined until the thread has started and posted it: nothing is sent ahead before. */
  get cell(): AheadCell | undefined {
    return this.#cell
  }

  /** Only the thread's first word counts: its tasks could post the same. */
  started(cell: AheadCell): void {
    if (this.#cell !== undefined) return
    this.#cell = cell
    for (const listener of this.#onStarted.splice(0)) listener()
  }

  /** Calls it as soon as the thread has started. */
  whenStarted(listener: () => void): void {
    if (this.#cell === undefined) this.#onStarted.push(listener)
    else listener()
  }

  get length(): number {
    return this.#jobs.length
  }

  get hasRoomAhead(): boolean {
    return this.#jobs.length === 1 && this.#cell !== undefined
  }

  get first(): TaskJob | undefined {
    return this.#jobs[0]
  }

  behind(job: TaskJob): TaskJob | undefined {
    return this.#jobs[this.#jobs.indexOf(job) + 1]
  }

  add(job: TaskJob): void {
    this.#jobs.push(job)
  }

  remove(job: TaskJob): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1)
  }

  /** A task that can be aborted has its thread to itself: the thread's end would end the others. */
  canShare(job: TaskJob): boolean {
    return this.#jobs.every((other) => !job.isAbortable && !other.isAbortable)
  }
}
