import { fromWire } from '../common/wire-error.js'
import { ABORTED_CELL, type AbortFrame, PROGRESS_CELL, type TaskWatch } from './task-contract.js'
import { cloneError } from './uncloneable.js'

/**
 * The task's side of the caller's `signal` and `onProgress`. An abort is seen in two ways: as an event once the thread
 * returns to its event loop, and in shared memory at once.
 */
export class Watch {
  readonly #cells: Int32Array
  readonly #port: TaskWatch['port']
  /** The latest value that has not been posted, because the one before it was still on its way. */
  #unposted: { progress: unknown } | undefined

  constructor({ port, cells }: TaskWatch, onAbort: (reason: unknown) => void) {
    this.#cells = new Int32Array(cells)
    this.#port = port
    port.on('message', ({ abort }: AbortFrame) => onAbort(fromWire(abort)))
    port.unref()
  }

  get isAborted(): boolean {
    return Atomics.load(this.#cells, ABORTED_CELL) === 1
  }

  /** Posts the value, or keeps it as the latest while the one before it is on its way. */
  report(progress: unknown): void {
    if (Atomics.exchange(this.#cells, PROGRESS_CELL, 1) === 1) {
      this.#unposted = { progress }
      return
    }
    this.#unposted = undefined
    try {
      this.#port.postMessage({ progress })
    } catch (error) {
      // Nothing is on its way, so nobody would clear it.
      Atomics.store(this.#cells, PROGRESS_CELL, 0)
      throw cloneError(error, progress, 'progress')
    }
  }

  /** The last value always arrives. */
  close(): void {
    try {
      if (this.#unposted !== undefined) this.#port.postMessage(this.#unposted)
    } catch (error) {
      throw cloneError(error, this.#unposted?.progress, 'progress')
    } finally {
      this.#port.close()
    }
  }
}
