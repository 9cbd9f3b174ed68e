import type { Transferable } from 'node:worker_threads'
import type { TaskMessage } from '@pglease/client/internal'
import type { TaskRun } from './task-run.js'
import type { ThreadLine } from './thread-line.js'

/**
 * - `starting`: waits for a thread to start;
 * - `behind`: in a thread, behind another job;
 * - `begun`: its thread begins it, or has begun it;
 * - `takenBack`: its thread will not begin it.
 */
type JobState = 'starting' | 'behind' | 'begun' | 'takenBack'

let lastNumber = 0

/** One sending of a task to a thread. A task that waits behind another there can be taken back, and sent anew. */
export class TaskJob {
  readonly run: TaskRun
  #isAhead: boolean
  /** What is posted. */
  readonly message: TaskMessage
  readonly transferList: readonly Transferable[]
  /** In the cell of its thread. It comes again after two thousand millions of others. */
  readonly #number: number
  /** Ends the thread; only of a task that can be aborted. */
  readonly #kill: AbortController | undefined
  #line: ThreadLine | undefined
  #state: JobState = 'starting'

  /** @param isAhead whether it may wait behind another. */
  constructor(run: TaskRun, isAhead: boolean) {
    this.run = run
    this.#isAhead = isAhead
    lastNumber = (lastNumber % 0x7fffffff) + 1
    this.#number = lastNumber
    const { message, transferList } = run.send(this)
    this.message = message
    this.transferList = transferList
    if (run.isWatched) this.#kill = new AbortController()
  }

  get line(): ThreadLine | undefined {
    return this.#line
  }

  get isAhead(): boolean {
    return this.#isAhead
  }

  get state(): JobState {
    return this.#state
  }

  get isAbortable(): boolean {
    return this.#kill !== undefined
  }

  get killSignal(): AbortSignal | null {
    return this.#kill?.signal ?? null
  }

  /** It has a thread, which it is posted to right after. */
  placed(line: ThreadLine): void {
    this.#line = line
    line.add(this)
    if (!this.#isAhead || line.first === this) return this.begins()
    this.#state = 'behind'
    this.message.ahead = this.#number
    line.cell!.offer(this.#number)
  }

  /** It has found no thread: it waits for one to start, as a job that was never to be sent ahead. */
  starts(): void {
    this.#isAhead = false
    this.run.started()
  }

  /** Whether its thread will not begin it. */
  takeBack(): boolean {
    if (this.#state === 'behind')
      this.#state = this.#line!.cell!.takeBack(this.#number) ? 'takenBack' : 'begun'
    return this.#state === 'takenBack'
  }

  /** There is no job before it, or the executor has that one's answer. */
  begins(): void {
    if (this.#state === 'takenBack') return
    if (this.message.ahead !== undefined) this.#line!.cell!.received(this.#number)
    this.#state = 'begun'
    this.run.started()
  }

  /**
   * Ends its thread, unless that has begun the next job: then this one's answer is on its way. One that is starting is let
   * start: it loads native code, and its end in the middle of that would be the end of the process.
   */
  kill(): void {
    this.whenStarted(() => {
      const next = this.#line?.behind(this)
      if (next === undefined || next.takeBack()) this.#kill?.abort()
    })
  }

  /** Calls it as soon as its thread, if it has one, has started. */
  whenStarted(listener: () => void): void {
    if (this.#line === undefined) listener()
    else this.#line.whenStarted(listener)
  }
}
