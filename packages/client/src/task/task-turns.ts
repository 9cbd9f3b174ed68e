import { parentPort } from 'node:worker_threads'
import { type AheadCell, aheadOffer } from './ahead-cell.js'

/**
 * When a thread begins its tasks: at once, but one that was sent ahead only when the one before it has ended and its
 * answer is posted, and only if it has not been taken back until then.
 */
export class TaskTurns {
  readonly #cell: AheadCell
  /** Turns taken: of the tasks that run, or of the one that is about to begin. */
  #taken = 0
  /** Gives the turn to the task that was sent ahead and has arrived. */
  #beginNext: (() => void) | undefined

  constructor(cell: AheadCell) {
    this.#cell = cell
    parentPort?.postMessage(aheadOffer(cell))
  }

  begin(): void {
    this.#taken++
  }

  /** Begins a task that was sent ahead, in its turn. False when it has been taken back. */
  async beginAhead(number: number): Promise<boolean> {
    if (this.#taken === 0) {
      this.#taken++
    } else {
      await new Promise<void>((resolve) => {
        this.#beginNext = resolve
      })
    }
    if (this.#cell.begin(number)) return true
    this.end()
    return false
  }

  /**
   * To be called right before the task's answer is handed to Piscina, which posts it in this turn of the event loop. The
   * next task that has arrived has its turn at once, lest another that arrives meanwhile takes it.
   */
  end(): void {
    const begin = this.#beginNext
    this.#beginNext = undefined
    if (begin === undefined) this.#taken--
    else setImmediate(begin)
  }
}

/** Undefined when all that the task has printed is on its way to the main thread. Piscina posts no answer before. */
export function printed(): Promise<unknown> | undefined {
  const streams = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0)
  if (streams.length === 0) return undefined
  return Promise.all(streams.map((stream) => new Promise((resolve) => stream.write('', resolve))))
}
