import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import {
  ABORTED_CELL,
  isProgressFrame,
  PROGRESS_CELL,
  type TaskWatch,
  toWire,
  WATCH_CELLS,
} from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'

/** What a task's thread tells by the port of its watch. */
export interface WatchEvents {
  progress(value: unknown): void
  /** It has posted what no task posts. Nothing more is read. */
  garbage(): void
}

/** Of its reports a task that has ended leaves so many unread at the most: one on its way, and the last. */
const MOST_UNREAD = 2

/** The executor's side of what a task and its caller tell each other while the task runs. */
export class RunWatch {
  readonly #port: MessagePort
  readonly #taskPort: MessagePort
  readonly #memory = new SharedArrayBuffer(WATCH_CELLS * Int32Array.BYTES_PER_ELEMENT)
  readonly #cells = new Int32Array(this.#memory)
  readonly #events: WatchEvents
  #state: 'open' | 'closed' = 'open'

  constructor(events: WatchEvents) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#taskPort = port2
    this.#events = events
    port1.on('message', (frame) => this.#received(frame))
  }

  /** For the task, to whose thread the port is moved. */
  get forTask(): TaskWatch {
    return { port: this.#taskPort, cells: this.#memory }
  }

  abort(reason: unknown): void {
    Atomics.store(this.#cells, ABORTED_CELL, 1)
    this.#port.postMessage({ abort: toWire(reason) })
  }

  /** The answer comes by another port, and may overtake the last progress. */
  readLast(): void {
    for (let count = 0; count < MOST_UNREAD; count++) {
      const next = receiveMessageOnPort(this.#port)
      if (next === undefined) return
      this.#received(next.message)
    }
  }

  close(): void {
    this.#state = 'closed'
    this.#port.close()
    // Still here where no thread has taken it.
    this.#taskPort.close()
  }

  /** Some frames may still come after the port is closed. */
  #received(frame: unknown): void {
    if (this.#state === 'closed') return closeBrought(frame)
    if (isProgressFrame(frame)) {
      Atomics.store(this.#cells, PROGRESS_CELL, 0)
      this.#events.progress(frame.progress)
    } else {
      closeBrought(frame)
      this.close()
      this.#events.garbage()
    }
  }
}
