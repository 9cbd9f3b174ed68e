/**
 * How often the broker looks at what threads keep: for the figures, for what is not used any more, and for what may not be
 * lent again. Who wants a connection does not wait for it.
 */
const LOOK_MILLIS = 250

/** A lease whose thread may keep the socket. */
export interface KeptLease {
  /** Whether it keeps it at the moment, between two leases. */
  readonly isKept: boolean
  /** Takes the connection from a thread that keeps it. False where it holds a lease. */
  take(): boolean
  /** The same, but a thread that holds a lease loses it at its end. */
  want(): void
  /**
   * Looks at what the thread does with the socket. One that it has not used for long is taken back.
   * @param patienceMillis for one whose session the server does not count as idle, because no Sync follows its reset.
   */
  look(patienceMillis: number): void
}

/** The leases whose threads may keep the socket from one lease to the next; not more than the pool has connections. */
export class KeptLeases {
  readonly #leases = new Set<KeptLease>()
  /** Runs while there is one. */
  #timer: NodeJS.Timeout | undefined

  /** How many are kept at the moment. */
  get count(): number {
    let count = 0
    for (const { isKept } of this.#leases) if (isKept) count++
    return count
  }

  add(lease: KeptLease): void {
    this.#leases.add(lease)
    this.#lookSoon()
  }

  delete(lease: KeptLease): void {
    this.#leases.delete(lease)
  }

  /** Takes back one that is kept, where there is one. */
  takeOne(): void {
    for (const lease of this.#leases) if (lease.take()) return
  }

  /** Takes back all that are kept, and asks the holders of the others to keep nothing. */
  wantAll(): void {
    for (const lease of this.#leases) lease.want()
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MILLIS).unref()
  }

  #look(): void {
    this.#timer = undefined
    for (const lease of this.#leases) lease.look(LOOK_MILLIS)
    if (this.#leases.size > 0) this.#lookSoon()
  }
}
