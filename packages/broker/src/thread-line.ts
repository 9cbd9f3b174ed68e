import type { AheadCell } from '@pglease/client/internal'
import type { TaskJob } from './task-job.js'

/** The jobs of one thread, in the order in which it takes them. */
export class ThreadLine {
  /** Of the thread. */
  readonly id: number
  /** Undefined until the thread has posted it; none is sent ahead before. */
  cell: AheadCell | undefined
  readonly #jobs: TaskJob[] = []

  constructor(id: number) {
    this.id = id
  }

  get length(): number {
    return this.#jobs.length
  }

  get hasRoomAhead(): boolean {
    return this.#jobs.length === 1 && this.cell !== undefined
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
