import { ExecutorClosedError } from '../common/errors.js'
import type { AheadCell } from './ahead-cell.js'

/** What runs in the thread, as far as a stop is concerned. */
interface Stoppable {
  abort(reason: unknown): void
}

/**
 * Aborts all that the thread runs when its executor closes and has no more patience: what a caller's signal does for one task,
 * for tasks whose callers have given none as well.
 */
export class ThreadStop {
  readonly #cell: AheadCell
  readonly #running = new Set<Stoppable>()

  constructor(cell: AheadCell) {
    this.#cell = cell
    void cell.stopped().then(() => {
      for (const each of this.#running) each.abort(executorClosed())
    })
  }

  /** Seen by a task that computes, before it is aborted. */
  get isStopped(): boolean {
    return this.#cell.isStopped
  }

  add(task: Stoppable): void {
    this.#running.add(task)
    if (this.isStopped) task.abort(executorClosed())
  }

  delete(task: Stoppable): void {
    this.#running.delete(task)
  }
}

export function executorClosed(): ExecutorClosedError {
  return new ExecutorClosedError('The executor is closed.')
}
