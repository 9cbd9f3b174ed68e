import { Worker } from 'node:worker_threads'
import type { ConnectionBroker } from '@pglease/broker'
import { fromWire } from '@pglease/client/internal'
import type { AttachedAnswer } from '../load/attached-thread.js'
import type { Done, Plan } from '../load/plan.js'
import { taskFaultOf } from '../load/task-faults/index.js'
import type { TaskRequest } from '../load/tasks.js'
import { THREAD_GONE } from './told.js'

/** What an attached thread may take of memory, in mebibytes: little, so that it soon runs out. */
export const THREAD_LIMITS = { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8 }

interface Asker {
  readonly plan: Plan
  resolve(done: Done): void
  reject(error: unknown): void
}

/** The thread of a task has ended. */
export class ThreadGone extends Error {
  readonly code = THREAD_GONE
  /** Whether another task, or somebody from outside, ended it. */
  readonly isCollateral: boolean

  constructor(isCollateral: boolean) {
    super('The worker thread has ended')
    this.isCollateral = isCollateral
  }
}

/** A place for a plain worker thread: when one ends, another takes its place. */
export class AttachedWorker {
  readonly #broker: ConnectionBroker
  #worker: Worker
  readonly #askers = new Map<number, Asker>()
  /** Once it is leaving, no thread takes the place of the one that ends. */
  #state: 'open' | 'leaving' | 'gone' = 'open'
  /** Resolves when the thread of the moment has ended. */
  #ended: Promise<void> = Promise.resolve()

  constructor(broker: ConnectionBroker) {
    this.#broker = broker
    this.#worker = this.#start()
  }

  run(request: TaskRequest): Promise<Done> {
    const { plan } = request
    if (this.#state === 'gone') return Promise.reject(new ThreadGone(true))
    return new Promise((resolve, reject) => {
      this.#askers.set(plan.id, { plan, resolve, reject })
      this.#worker.postMessage(request)
    })
  }

  terminate(): Promise<unknown> {
    return this.#worker.terminate()
  }

  /** The broker takes no more threads. */
  leave(): void {
    this.#state = 'leaving'
  }

  async close(): Promise<void> {
    this.#state = 'leaving'
    await this.#worker.terminate()
    await this.#ended
  }

  #start(): Worker {
    const worker = new Worker(new URL('../load/attached-thread.js', import.meta.url), {
      resourceLimits: THREAD_LIMITS,
      stderr: true,
    })
    // What it says of the errors that end it.
    worker.stderr.resume()
    this.#broker.attach(worker)
    worker.on('message', (answer: AttachedAnswer) => this.#answered(worker, answer))
    worker.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#goneFor(worker)
        resolve()
      })
    })
    return worker
  }

  #answered(worker: Worker, answer: AttachedAnswer): void {
    if ('end' in answer) return void worker.terminate()
    const asker = this.#askers.get(answer.id)
    // Told that its thread is gone before its answer came.
    if (asker === undefined) return
    this.#askers.delete(answer.id)
    if ('done' in answer) asker.resolve(answer.done)
    else asker.reject(fromWire(answer.error))
  }

  #goneFor(worker: Worker): void {
    if (worker !== this.#worker) return
    const askers = [...this.#askers.values()]
    this.#askers.clear()
    const isLeaving = this.#state !== 'open'
    if (isLeaving) this.#state = 'gone'
    else this.#worker = this.#start()
    for (const { plan, reject } of askers) reject(new ThreadGone(isLeaving || !endsItsThread(plan)))
  }
}

function endsItsThread({ fault }: Plan): boolean {
  return fault !== undefined && taskFaultOf(fault.name).ends.includes('thread')
}
