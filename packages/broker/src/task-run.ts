import { MessageChannel, receiveMessageOnPort, type Transferable } from 'node:worker_threads'
import {
  ABORTED_CELL,
  fromWire,
  isTaskFailure,
  onAbort,
  PROGRESS_CELL,
  type ProgressFrame,
  type TaskMessage,
  toWire,
  WATCH_CELLS,
} from '@pglease/client/internal'
import { StateMachine } from './state-machine.js'

/**
 * - `queued`: waits for a thread;
 * - `running`: sent to a thread;
 * - `aborting`: the caller has aborted, the task may end by itself until the grace is over;
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
  onProgress: ((progress: never) => void) | undefined
  transferList: readonly Transferable[]
  abortGraceMillis: number
}

/** One call of `run`, from the queue to its promise. */
export class TaskRun {
  readonly promise: Promise<unknown>
  readonly message: TaskMessage
  readonly transferList: readonly Transferable[]
  readonly #machine = new StateMachine<TaskState>('task', 'queued', TASK_TRANSITIONS)
  readonly #options: TaskRunOptions
  /** Only of a task that is watched: a channel costs more than a small task. */
  readonly #watch: ReturnType<typeof openWatch> | undefined
  /** Ends the thread; only of a task that can be aborted. */
  readonly #kill: AbortController | undefined
  #stopListening: (() => void) | undefined
  #graceTimer: NodeJS.Timeout | undefined
  #reason: { value: unknown } | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  /** Told when the run is settled while queued, so that it leaves the queue. */
  onUnqueue: () => void = () => {}

  constructor(message: TaskMessage, options: TaskRunOptions) {
    const { signal, onProgress, transferList } = options
    this.message = message
    this.transferList = transferList
    this.#options = options
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (signal === undefined && onProgress === undefined) return
    this.#watch = openWatch()
    this.#kill = new AbortController()
    this.message.watch = { port: this.#watch.taskPort, cells: this.#watch.buffer }
    this.transferList = [...transferList, this.#watch.taskPort]
    this.#watch.port.on('message', (frame: ProgressFrame) => this.#progressed(frame))
    this.#stopListening = signal && onAbort(signal, () => this.abort(signal.reason))
  }

  get state(): TaskState {
    return this.#machine.state
  }

  get killSignal(): AbortSignal | undefined {
    return this.#kill?.signal
  }

  started(): void {
    this.#machine.to('running')
  }

  /** The task answered: its result, or the failure that its thread caught. */
  answered(answer: unknown): void {
    if (this.state === 'settled') return
    this.#drainProgress()
    if (isTaskFailure(answer)) this.#fail(fromWire(answer['@pglease/failure']))
    else if (this.#reason !== undefined) this.#fail(this.#reason.value)
    else this.#settle(() => this.#resolve(answer))
  }

  /** The task has no answer: its thread ended, or it could not be sent. */
  failed(error: unknown): void {
    if (this.state === 'settled') return
    this.#drainProgress()
    this.#fail(error)
  }

  /** Ends the run with `reason`: at once while queued, else when the task or its thread has ended. */
  abort(reason: unknown): void {
    if (this.state === 'queued') {
      this.onUnqueue()
      return this.#settle(() => this.#reject(reason))
    }
    if (this.state !== 'running' || this.#watch === undefined) return
    this.#machine.to('aborting')
    this.#reason = { value: reason }
    Atomics.store(this.#watch.cells, ABORTED_CELL, 1)
    this.#watch.port.postMessage({ abort: toWire(reason) })
    this.#graceTimer = setTimeout(() => this.#kill?.abort(), this.#options.abortGraceMillis)
  }

  /** The abort's reason is what its caller knows, whatever the task made of it. */
  #fail(error: unknown): void {
    this.#settle(() => this.#reject(this.#reason === undefined ? error : this.#reason.value))
  }

  #settle(conclude: () => void): void {
    this.#machine.to('settled')
    clearTimeout(this.#graceTimer)
    this.#stopListening?.()
    this.#watch?.port.close()
    // Still here where no thread has taken it.
    this.#watch?.taskPort.close()
    conclude()
  }

  #progressed({ progress }: ProgressFrame): void {
    if (this.state === 'settled' || this.#watch === undefined) return
    Atomics.store(this.#watch.cells, PROGRESS_CELL, 0)
    try {
      this.#options.onProgress?.(progress as never)
    } catch (error) {
      this.abort(error)
    }
  }

  /** The answer comes by another port and may overtake the last progress. */
  #drainProgress(): void {
    if (this.#watch === undefined) return
    for (
      let next = receiveMessageOnPort(this.#watch.port);
      next !== undefined;
      next = receiveMessageOnPort(this.#watch.port)
    ) {
      this.#progressed(next.message)
    }
  }
}

function openWatch() {
  const { port1: port, port2: taskPort } = new MessageChannel()
  const buffer = new SharedArrayBuffer(WATCH_CELLS * Int32Array.BYTES_PER_ELEMENT)
  return { port, taskPort, buffer, cells: new Int32Array(buffer) }
}
