import type { Failure, Fault } from '../faults/fault.js'

/** A task that fails so long after a fault is over may still fail of it: what is broken is not always noticed at once. */
const GRACE_MILLIS = 1500

/** The time of one fault, and the failures that it may still be the reason for. */
export class FaultWindow {
  readonly fault: Fault
  readonly begin: number
  readonly end: number
  readonly #left: Partial<Record<Failure, number>>

  constructor(fault: Fault, begin: number, end: number) {
    this.fault = fault
    this.begin = begin
    this.end = end + GRACE_MILLIS
    this.#left = { ...fault.costs }
  }

  meets({ begin, end }: { readonly begin: number; readonly end: number }): boolean {
    return this.begin <= end && begin <= this.end
  }

  left(failure: Failure): number {
    return this.#left[failure] ?? 0
  }

  /** The failure is this fault's. */
  take(failure: Failure): void {
    this.#left[failure] = this.left(failure) - 1
  }
}

/** The fault that a task has failed of, if there is one: first those that have no end of such failures. */
export function reasonFor(
  failure: Failure,
  task: { readonly begin: number; readonly end: number },
  windows: readonly FaultWindow[],
): FaultWindow | undefined {
  const may = windows.filter((window) => window.left(failure) > 0 && window.meets(task))
  const found =
    may.find((window) => window.left(failure) === Number.POSITIVE_INFINITY) ??
    may.reduce<FaultWindow | undefined>(
      (first, window) => (first === undefined || window.end < first.end ? window : first),
      undefined,
    )
  found?.take(failure)
  return found
}
