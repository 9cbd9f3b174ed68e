/** How long a thread waits for the broker's, in milliseconds, which may have other things to do, but not for ever. */
const ASKING_MILLIS = 1000

/** The longest that the broker's thread stands still, in milliseconds. One is the rule. */
const STANDSTILL_MILLIS = 100

/**
 * Asked for by a thread, begun or refused by the broker's, over by the thread's word or because the broker's did not come.
 */
const [ASKED, BEGUN, OVER, REFUSED] = [0, 1, 2, 3]

export const STANDSTILL_BYTES = Int32Array.BYTES_PER_ELEMENT

/**
 * A time in which neither this thread nor the process ends, because the broker's thread, which is the one to end them,
 * stands still.
 */
export class Standstill {
  readonly #ask: (memory: SharedArrayBuffer) => void
  #state: Int32Array | undefined

  /** @param ask brings the memory to `standStill`. */
  constructor(ask: (memory: SharedArrayBuffer) => void) {
    this.#ask = ask
  }

  /** Blocks this thread until the other one stands still, if it does not yet. @throws Error when that has no time for it. */
  begin(): void {
    if (this.#state !== undefined) return
    const memory = new SharedArrayBuffer(STANDSTILL_BYTES)
    this.#state = new Int32Array(memory)
    this.#ask(memory)
    Atomics.wait(this.#state, 0, ASKED, ASKING_MILLIS)
    const found = Atomics.compareExchange(this.#state, 0, ASKED, OVER)
    if (found === ASKED || found === REFUSED) throw new Error('The broker is busy')
  }

  end(): void {
    if (this.#state === undefined) return
    Atomics.store(this.#state, 0, OVER)
    Atomics.notify(this.#state, 0)
  }
}

/** By the broker's thread: blocks it until the other thread is done, but not for longer. */
export function standStill(memory: SharedArrayBuffer, limitMillis = STANDSTILL_MILLIS): void {
  const state = new Int32Array(memory)
  if (Atomics.compareExchange(state, 0, ASKED, BEGUN) !== ASKED) return
  Atomics.notify(state, 0)
  Atomics.wait(state, 0, BEGUN, limitMillis)
}

/** By the broker's thread, which has no time for it: the other one need not wait. */
export function refuseStandstill(memory: SharedArrayBuffer): void {
  const state = new Int32Array(memory)
  if (Atomics.compareExchange(state, 0, ASKED, REFUSED) === ASKED) Atomics.notify(state, 0)
}
