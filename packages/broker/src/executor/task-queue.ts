import type { TaskRun } from './task-run.js'

/**
 * The tasks that no thread has begun: first come, first served, but that a thread begins the one that was sent ahead to
 * it, which may overtake others.
 */
export class TaskQueue implements Iterable<TaskRun> {
  readonly #runs = new Set<TaskRun>()
  /** How many have left the queue since the first one is its first. */
  #overtakenFirst = 0

  get size(): number {
    return this.#runs.size
  }

  /** How many tasks have overtaken the first one, at the most. */
  get overtakenFirst(): number {
    return this.#overtakenFirst
  }

  [Symbol.iterator](): Iterator<TaskRun> {
    return this.#runs.values()
  }

  add(run: TaskRun): void {
    run.queue = this
    this.#runs.add(run)
  }

  /** By the task, once. */
  left(run: TaskRun): void {
    const [first] = this.#runs
    this.#overtakenFirst = run === first ? 0 : this.#overtakenFirst + 1
    this.#runs.delete(run)
  }
}
