import { isMemory } from '../common/crossed.js'
import { bearsToken, threadToken } from '../common/thread-token.js'

const CELL_BYTES = 3 * Int32Array.BYTES_PER_ELEMENT

/** Indices of words. */
const [FREE, RECEIVED, STOPPED] = [0, 1, 2]

/**
 * What a thread and its executor share of the tasks that are sent ahead, one at a time, behind the one that the thread
 * runs; each has a number of its own above 0. And whether all that the thread runs is to end.
 */
export class AheadCell {
  /** For the executor's cell. */
  readonly memory: SharedArrayBuffer
  /**
   * `FREE`: the number of the task that nobody has claimed, 0 for none: whoever swaps it for 0 has the task, the thread to
   * begin it or the executor to take it back. `RECEIVED`: the number of the latest task that the executor has left to the
   * thread, because it has the answer of the one before. `STOPPED`: 0, then 1.
   */
  readonly #words: Int32Array

  constructor(memory = new SharedArrayBuffer(CELL_BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  /** By the executor, before it sends the task. */
  offer(number: number): void {
    Atomics.store(this.#words, FREE, number)
  }

  /** By the executor: whether the thread will not begin the task. */
  takeBack(number: number): boolean {
    return Atomics.compareExchange(this.#words, FREE, number, 0) === number
  }

  /** By the executor: whether nobody has claimed the task, so that the thread has not begun it. */
  isFree(number: number): boolean {
    return Atomics.load(this.#words, FREE) === number
  }

  /** By the executor: it has the answer of the task before this one, which the thread begins if it has not yet. */
  received(number: number): void {
    Atomics.store(this.#words, RECEIVED, number)
  }

  /** By the thread: whether it may begin the task. */
  begin(number: number): boolean {
    return Atomics.compareExchange(this.#words, FREE, number, 0) === number || this.#received() === number
  }

  /** By the executor: whatever the thread runs, or begins from here on, is to end. */
  stop(): void {
    Atomics.store(this.#words, STOPPED, 1)
    Atomics.notify(this.#words, STOPPED)
  }

  /** By the thread. */
  get isStopped(): boolean {
    return Atomics.load(this.#words, STOPPED) === 1
  }

  /** By the thread: resolves when it returns to its event loop after that. Keeps no thread alive. */
  async stopped(): Promise<void> {
    await Atomics.waitAsync(this.#words, STOPPED, 0).value
  }

  #received(): number {
    return Atomics.load(this.#words, RECEIVED)
  }
}

/** A thread of an executor posts this to its parent before its first task. */
export interface AheadOffer {
  '@pglease/ahead': SharedArrayBuffer
  token: string
}

export function aheadOffer({ memory }: AheadCell): AheadOffer {
  return { '@pglease/ahead': memory, token: threadToken() ?? '' }
}

/** Of what a thread has posted to its parent. */
export function isAheadOffer(message: unknown): message is AheadOffer {
  return bearsToken(message) && isMemory((message as Partial<AheadOffer>)['@pglease/ahead'], CELL_BYTES)
}
