import type { Transferable } from 'node:worker_threads'
import type { TaskMessage } from '@pglease/client/internal'
import type { Sending, TaskRun } from './task-run.js'
import type { LineJob, ThreadLine } from './thread-line.js'

/**
 * - `behind`: in a thread, behind another job;
 * - `begun`: its thread begins it, or has begun it;
 * - `takenBack`: its thread will not begin it.
 */
type JobState = 'behind' | 'begun' | 'takenBack'

let lastNumber = 0

/** One sending of a task to a thread. A task that waits behind another there can be taken back, and sent anew. */
export class TaskJob implements Sending, LineJob {
  readonly run: TaskRun
  readonly line: ThreadLine
  /** What is posted. */
  readonly message: TaskMessage
  readonly transferList: readonly Transferable[]
  /** In the cell of its thread. It comes again after two thousand millions of others. */
  readonly #number: number
  /** Ends the thread; only of a task that can be aborted. */
  readonly #kill: AbortController | undefined
  #state: JobState
  /** Set when its thread is to be ended as soon as the executor has the answer of the one before it. */
  #isLast = false

  /** It is to be posted to the thread at once. */
  constructor(run: TaskRun, line: ThreadLine, state: 'behind' | 'begun') {
    this.run = run
    this.line = line
    this.#state = state
    lastNumber = (lastNumber % 0x7fffffff) + 1
    this.#number = lastNumber
    const { message, transferList } = run.send(this)
    this.message = message
    this.transferList = transferList
    if (run.isWatched) this.#kill = new AbortController()
    line.add(this)
    if (state === 'begun') return
    message.ahead = this.#number
    line.cell.offer(this.#number)
  }

  get threadId(): number {
    return this.line.id
  }

  get hasBegun(): boolean {
    return this.#state === 'begun'
  }

  get isTakenBack(): boolean {
    return this.#state === 'takenBack'
  }

  /** Whether the executor does not have the answer of the one before it. */
  get isBehind(): boolean {
    return this.message.ahead !== undefined && this.line.first !== this
  }

  get isAbortable(): boolean {
    return this.#kill !== undefined
  }

  get isUnclaimed(): boolean {
    return this.isTakenBack || (this.#state === 'behind' && this.line.cell.isFree(this.#number))
  }

  get isAborted(): boolean {
    return this.hasBegun && this.run.state === 'aborting'
  }

  get killSignal(): AbortSignal | null {
    return this.#kill?.signal ?? null
  }

  /** Whether its thread will not begin it. */
  takeBack(): boolean {
    if (this.#state === 'behind') this.#state = this.line.cell.takeBack(this.#number) ? 'takenBack' : 'begun'
    return this.isTakenBack
  }

  /** To be asked when its thread has ended: one that was left to the thread need not have been begun. */
  get mayHaveBegun(): boolean {
    return this.message.ahead === undefined || !this.line.cell.takeBack(this.#number)
  }

  /** The executor has the answer of the one before it. */
  begins(): void {
    if (this.isTakenBack) return
    if (this.message.ahead !== undefined) this.line.cell.received(this.#number)
    this.#state = 'begun'
    this.run.started()
    if (this.#isLast) this.kill()
  }

  aborted(): void {
    this.line.aborted()
  }

  /**
   * Ends its thread, when that costs no other job its answer: the one before it has answered when this one has begun, and
   * this one when the next has.
   */
  kill(): void {
    const next = this.line.behind(this)
    if (this.isBehind) this.#isLast = true
    else if (this.#kill !== undefined && (next === undefined || next.takeBack())) {
      this.line.noteKill()
      this.#kill.abort()
    }
  }
}
