import { availableParallelism } from 'node:os'
import { ThreadEndedError } from '@pglease/client'
import { type AttachRequest, isAttachRequest } from '@pglease/client/internal'
import { Piscina } from 'piscina'
import type { ThreadOptions } from './executor-options.js'
import type { TaskRun } from './task-run.js'

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

/** The executor's worker threads: Piscina, which is given no more tasks than the threads take at a time. */
export class ThreadPool {
  readonly #piscina: Piscina
  readonly #running = new Set<TaskRun>()
  readonly #capacity: number
  #state: 'open' | 'closed' = 'open'

  constructor(options: ThreadOptions, events: ThreadPoolEvents) {
    const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
    const defaults = { minThreads: 1, idleTimeout: IDLE_MILLIS }
    this.#capacity = maxThreads * (options.concurrentTasksPerWorker ?? 1)
    this.#piscina = new Piscina({ ...defaults, ...options, maxThreads, filename: THREAD_MODULE })
    this.#piscina.on('message', (message) => {
      if (isAttachRequest(message)) events.attach(message)
      else events.message(message)
    })
    this.#piscina.on('error', (error) => {
      // A thread that is ended while it starts up fails in its own ways, which is no news.
      if (this.#state === 'open') events.error(error)
    })
  }

  /** Tasks that the threads take at a time. */
  get capacity(): number {
    return this.#capacity
  }

  get running(): ReadonlySet<TaskRun> {
    return this.#running
  }

  get isFull(): boolean {
    return this.#running.size >= this.#capacity
  }

  /** Runs a task and settles it. @param onEnd called when its thread is free again, before the task is settled. */
  run(run: TaskRun, onEnd: () => void): void {
    this.#running.add(run)
    run.started()
    const end = () => {
      this.#running.delete(run)
      onEnd()
    }
    const options = { transferList: run.transferList as never, signal: run.killSignal ?? null }
    this.#piscina.run(run.message, options).then(
      (answer) => {
        end()
        run.answered(answer)
      },
      (error) => {
        end()
        run.failed(explain(error, run))
      },
    )
  }

  /** Ends the threads, whatever they do. */
  async destroy(): Promise<void> {
    this.#state = 'closed'
    await this.#piscina.destroy()
  }
}

/** Piscina rejects when it cannot send the task, and when the thread ended in the middle of it. */
function explain(error: unknown, run: TaskRun): unknown {
  if (error instanceof Error && error.name === 'DataCloneError') return error
  const why = error instanceof Error ? error.message : String(error)
  const message = `The thread of task "${run.message.name}" ended before the task did: ${why}`
  return new ThreadEndedError(message, { cause: error })
}
