/** A second's head start for each step of priority. */
const PRIORITY_MILLIS = 1000

interface Place<T> {
  readonly waiter: T
  /** When this waiter would have come had it no priority; the line is sorted by it. */
  readonly cameAt: number
  before: Place<T> | undefined
  behind: Place<T> | undefined
}

/**
 * First come, first served; a waiter of priority `n` counts as come `n` seconds earlier. The key never changes while
 * later ones grow, so everybody's turn comes. Joining costs the number of waiters passed, leaving is constant.
 */
export class WaitingLine<T> {
  readonly #places = new Map<T, Place<T>>()
  #head: Place<T> | undefined
  #tail: Place<T> | undefined

  get size(): number {
    return this.#places.size
  }

  join(waiter: T, priority: number, nowMillis: number): void {
    const cameAt = nowMillis - priority * PRIORITY_MILLIS
    let before = this.#tail
    while (before !== undefined && before.cameAt > cameAt) before = before.before
    const behind = before === undefined ? this.#head : before.behind
    const place: Place<T> = { waiter, cameAt, before, behind }
    if (before === undefined) this.#head = place
    else before.behind = place
    if (behind === undefined) this.#tail = place
    else behind.before = place
    this.#places.set(waiter, place)
  }

  /** Takes the first in line; undefined when nobody waits. */
  shift(): T | undefined {
    const waiter = this.#head?.waiter
    if (waiter !== undefined) this.leave(waiter)
    return waiter
  }

  /** Returns whether the waiter was in the line. */
  leave(waiter: T): boolean {
    const place = this.#places.get(waiter)
    if (place === undefined) return false
    this.#places.delete(waiter)
    if (place.before === undefined) this.#head = place.behind
    else place.before.behind = place.behind
    if (place.behind === undefined) this.#tail = place.before
    else place.behind.before = place.before
    return true
  }
}
