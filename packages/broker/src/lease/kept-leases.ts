/**
 * How long a thread may keep a socket between two leases, or up to twice that. Longer than a busy thread takes from one task
 * to the next, also where threads share a core, and too short for anybody to miss the locks that its session still has. Who
 * wants the connection does not wait for it.
 */
const KEEP_MILLIS = 5

/** A lease whose thread may keep the socket. */
export interface KeptLease {
  /** Whether it keeps it at the moment, between two leases. */
  readonly isKept: boolean
  /** Takes the connection from a thread that keeps it. False where it holds a lease. */
  take(): boolean
  /** The same, but a thread that holds a lease loses it at its end. */
  want(): void
  /**
   * Looks at what the thread does with the socket. One that it has not used for long is taken back; a thread that holds a
   * lease for long tells when it next keeps the socket.
   * @returns whether to look again
   */
  look(patienceMillis: number): boolean
}

/** The leases whose threads may keep the socket from one lease to the next; not more than the pool has connections. */
export class KeptLeases {
  readonly #leases = new Set<KeptLease>()
  /** Runs while a lease is watched. */
  #timer: NodeJS.Timeout | undefined

  /** How many are kept at the moment. */
  get count(): number {
    let count = 0
    for (const { isKept } of this.#leases) if (isKept) count++
    return count
  }

  add(lease: KeptLease): void {
    this.#leases.add(lease)
  }

  delete(lease: KeptLease): void {
    this.#leases.delete(lease)
  }

  /** A lease is to be looked at every few milliseconds: what its thread does with the socket it does not tell. */
  watch(): void {
    this.#timer ??= setTimeout(() => this.#sweep(), KEEP_MILLIS).unref()
  }

  /** Takes back one that is kept, where there is one. */
  takeOne(): void {
    for (const lease of this.#leases) if (lease.take()) return
  }

  /** Takes back all that are kept, and asks the holders of the others to keep nothing. */
  wantAll(): void {
    for (const lease of this.#leases) lease.want()
  }

  /** Takes back what threads have not used for long. */
  #sweep(): void {
    this.#timer = undefined
    for (const lease of this.#leases) if (lease.look(KEEP_MILLIS)) this.watch()
  }
}
