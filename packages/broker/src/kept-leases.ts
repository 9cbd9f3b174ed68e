import type { Lease } from './lease.js'

/**
 * How long a thread may keep a socket between two leases. Longer than a busy thread takes from one task to the next, and
 * too short for anybody to miss the connection, or the locks that its session still has.
 */
const KEEP_MILLIS = 1

/** The leases whose threads keep the socket from one lease to the next. */
export class KeptLeases {
  readonly #leases = new Set<Lease>()
  /** Runs while a thread may keep a socket. */
  #timer: NodeJS.Timeout | undefined

  /** A thread has told that it keeps the socket. By now it may have begun its next lease. */
  add(lease: Lease): void {
    this.#leases.add(lease)
    this.#timer ??= setTimeout(() => this.#sweep(), KEEP_MILLIS).unref()
  }

  delete(lease: Lease): void {
    this.#leases.delete(lease)
  }

  /** Takes back what threads have not used for long. Those that hold a lease tell when it is over. */
  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const lease of this.#leases) {
      if (!lease.isKept) this.#leases.delete(lease)
      else if (now - lease.keptSince >= KEEP_MILLIS) lease.take()
    }
    if (this.#leases.size > 0) this.#timer = setTimeout(() => this.#sweep(), KEEP_MILLIS).unref()
  }
}
