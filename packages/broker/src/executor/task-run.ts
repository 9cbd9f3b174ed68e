import { types } from 'node:util'
import type { Transferable } from 'node:worker_threads'
import { ProtocolError, TaskTimeoutError } from '@pglease/client'
import { onAbort, type TaskMessage } from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'
import type { TaskEndedMessage } from '../common/channels.js'
import { StateMachine } from '../common/state-machine.js'
import type { TaskAnswer } from './piscina-thread.js'
import { RunWatch } from './run-watch.js'
import { nextTaskNumber, tellEnded, tellStarted } from './task-news.js'

/**
 * - `queued`: no thread has begun it, as far as is known here, though one may have been sent it ahead;
 * - `running`: sent to a thread that begins it, or has begun it;
 * - `aborting`: it is aborted, and the task may end by itself until the grace is over;
 * - `settled`.
 */
export type TaskState = 'queued' | 'running' | 'aborting' | 'settled'

export const TASK_TRANSITIONS = {
  queued: ['running', 'settled'],
  running: ['aborting', 'settled'],
  aborting: ['settled'],
  settled: [],
} as const satisfies Record<TaskState, readonly TaskState[]>

export interface TaskRunOptions {
  signal: AbortSignal | undefined
  /** How long it may run; undefined: as long as it likes. */
  timeoutMillis: number | undefined
  onProgress: ((progress: never) => void) | undefined
  transferList: readonly Transferable[]
  abortGraceMillis: number
  /** Its thread has posted what it never should, or `onProgress` has failed when it was over. */
  onUntold(error: unknown): void
}

/** What a run needs of its latest sending to a thread. */
export interface Sending {
  readonly threadId: number
  /** Whether no thread will begin it. */
  readonly isTakenBack: boolean
  /** Whether no thread will begin it, from now on at the latest. */
  takeBack(): boolean
  /** It is aborted: what it waits for it is not to get. */
  aborted(): void
  /** Ends the thread that it was sent to. */
  kill(): void
}

/** One call of `run`, from the queue to its promise. */
export class TaskRun {
  readonly promise: Promise<unknown>
  readonly #message: TaskMessage
  readonly #machine = new StateMachine<TaskState>('task', 'queued', TASK_TRANSITIONS)
  readonly #options: TaskRunOptions
  #sending: Sending | undefined
  /** Made for each sending, only of a task that is watched: a channel costs more than a small task. */
  #watch: RunWatch | undefined
  readonly #stopListening: (() => void) | undefined
  /** Of the running time, then of the grace. */
  #timer: NodeJS.Timeout | undefined
  #reason: { value: unknown } | undefined
  /** The same in all that is told of it. */
  readonly number = nextTaskNumber()
  readonly queuedAt = performance.now()
  startedAt: number | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  /** Told when the task leaves it. No function: V8 takes one that is assigned for long-lived, and keeps the task with it. */
  queue: { left(run: TaskRun): void } | undefined

  constructor(message: TaskMessage, options: TaskRunOptions) {
    this.#message = message
    this.#options = options
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal } = options
    this.#stopListening = signal && onAbort(signal, () => this.abort(signal.reason))
  }

  get name(): string {
    return this.#message.name
  }

  get state(): TaskState {
    return this.#machine.state
  }

  get threadId(): number | undefined {
    return this.#sending?.threadId
  }

  /** Whether a thread has it, or it is on its way to one. */
  get isSent(): boolean {
    return this.#sending !== undefined && !this.#sending.isTakenBack
  }

  get isWatched(): boolean {
    const { signal, timeoutMillis, onProgress } = this.#options
    return signal !== undefined || timeoutMillis !== undefined || onProgress !== undefined
  }

  /** What is moved instead of copied cannot be sent a second time. */
  get canBeSentAgain(): boolean {
    return this.#options.transferList.length === 0
  }

  /** Goes with the task to its thread. To be called before it is sent. */
  carry(carrier: Record<string, string> | undefined): void {
    if (carrier !== undefined) this.#message.carrier = carrier
  }

  /** What is posted for a sending. */
  send(sending: Sending): { message: TaskMessage; transferList: readonly Transferable[] } {
    this.#sending = sending
    const message = { ...this.#message }
    const { transferList } = this.#options
    if (!this.isWatched) return { message, transferList }
    this.#watch?.close()
    this.#watch = new RunWatch({
      progress: (value) => this.#progressed(value),
      garbage: () => this.#tellOfGarbage(),
    })
    message.watch = this.#watch.forTask
    return { message, transferList: [...transferList, message.watch.port] }
  }

  /** Whether no thread begins it unless it is sent anew. */
  takeBack(): boolean {
    return this.#sending === undefined || this.#sending.takeBack()
  }

  /** A thread begins it, or has begun it: may be known from several sides. */
  started(): void {
    if (this.state !== 'queued') return
    this.#machine.to('running')
    this.startedAt = performance.now()
    tellStarted(this)
    this.#leaveQueue()
    const { timeoutMillis } = this.#options
    // Behind what has come meanwhile: the answer may be there, where this thread was busy.
    const timeout = () => setImmediate(() => this.#timedOut())
    if (timeoutMillis !== undefined) this.#timer = setTimeout(timeout, timeoutMillis)
  }

  answered({ how, value }: TaskAnswer): void {
    if (this.state === 'settled') return closeBrought(value)
    this.started()
    this.#watch?.readLast()
    if (this.#reason !== undefined) closeBrought(value)
    if (how === 'threw' || this.#reason !== undefined) this.#fail(value)
    else this.#settle('returned', undefined, () => this.#resolve(value))
  }

  /** The task has no answer: its thread ended, or it could not be sent. */
  failed(error: unknown): void {
    if (this.state === 'settled') return
    this.#watch?.readLast()
    this.#fail(error)
  }

  /** Ends the run with `reason`: at once while no thread has begun it, else when the task or its thread has ended. */
  abort(reason: unknown): void {
    if (this.state === 'queued') {
      if (this.takeBack()) return this.#settle('aborted', reason, () => this.#reject(reason))
      this.started()
    }
    if (this.state !== 'running') return
    this.#machine.to('aborting')
    this.#reason = { value: reason }
    clearTimeout(this.#timer)
    // One that nobody watches is aborted with all that its thread runs.
    if (this.#watch === undefined) return
    this.#watch.abort(reason)
    this.#sending?.aborted()
    this.#timer = setTimeout(() => this.#sending?.kill(), this.#options.abortGraceMillis)
  }

  #timedOut(): void {
    if (this.state !== 'running') return
    const limit = this.#options.timeoutMillis!
    this.abort(new TaskTimeoutError(`The task "${this.name}" ran for longer than ${limit} ms.`, { limit }))
  }

  /** The abort's reason is what its caller knows, whatever the task made of it. */
  #fail(error: unknown): void {
    const outcome = this.#reason === undefined ? 'failed' : 'aborted'
    const { value } = this.#reason ?? { value: error }
    this.#settle(outcome, value, () => this.#reject(value))
  }

  #leaveQueue(): void {
    this.queue?.left(this)
    this.queue = undefined
  }

  #settle(outcome: TaskEndedMessage['outcome'], error: unknown, conclude: () => void): void {
    const wasQueued = this.state === 'queued'
    this.#machine.to('settled')
    if (wasQueued) this.#leaveQueue()
    clearTimeout(this.#timer)
    this.#stopListening?.()
    this.#watch?.close()
    tellEnded(this, outcome, error)
    conclude()
  }

  #progressed(value: unknown): void {
    const { onProgress } = this.#options
    if (onProgress === undefined) return closeBrought(value)
    try {
      const told: unknown = onProgress(value as never)
      if (types.isPromise(told)) told.then(undefined, (error) => this.#progressFailed(error))
    } catch (error) {
      this.abort(error)
    }
  }

  /** Nobody else hears of it: that a promise is rejected which nobody handles would end the process. */
  #progressFailed(error: unknown): void {
    if (this.state === 'settled') this.#options.onUntold(error)
    else this.abort(error)
  }

  #tellOfGarbage(): void {
    this.#options.onUntold(
      new ProtocolError(`Something came as progress of task "${this.name}" that is none.`),
    )
  }
}
