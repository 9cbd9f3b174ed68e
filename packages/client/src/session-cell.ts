import type { ReturnedSession } from './contract.js'
import type { TransactionStatus } from './protocol/conversation.js'
import { SessionTracker } from './protocol/session-tracker.js'

/** Something is under way, or nothing is known. */
const BUSY = 0
/** In step, nothing owed: one more than the index of the transaction's status. */
const STATUS: readonly TransactionStatus[] = ['I', 'T', 'E']

/** Who has the socket: the thread for a lease, the thread between two leases, or the broker. */
const [HELD, KEPT, TAKEN] = [0, 1, 2]
/** Added by the broker while it wants the socket back. */
const WANTED = 4

/** Both take the first eight bytes, the counters follow. */
const COUNTERS_AT = 8
export const CELL_BYTES = COUNTERS_AT + 3 * Float64Array.BYTES_PER_ELEMENT
const [RECEIVED, SENT, REOPENED] = [0, 1, 2]

/** What a thread has done with a socket since it was granted. */
export interface Traffic {
  /** Bytes that it has read. */
  readonly received: number
  /** Bytes that it has written. */
  readonly sent: number
  /** Leases that it has begun without the broker. */
  readonly reopened: number
}

/**
 * What a thread that has a connection's socket lets the broker know, in memory that both see. Should the thread end
 * without giving the socket back, this says whether the connection can be kept.
 */
export class SessionCell implements Traffic {
  /** For the other thread's cell. */
  readonly memory: SharedArrayBuffer
  readonly #state: Int32Array
  readonly #owner: Int32Array
  readonly #counters: Float64Array

  constructor(memory = new SharedArrayBuffer(CELL_BYTES)) {
    this.memory = memory
    this.#state = new Int32Array(memory, 0, 1)
    this.#owner = new Int32Array(memory, Int32Array.BYTES_PER_ELEMENT, 1)
    this.#counters = new Float64Array(memory, COUNTERS_AT, 3)
  }

  /** By the broker, before it hands over. */
  begin(): void {
    this.#counters.fill(0)
    Atomics.store(this.#owner, 0, HELD)
    Atomics.store(this.#state, 0, BUSY)
  }

  get received(): number {
    return this.#counters[RECEIVED]!
  }

  get sent(): number {
    return this.#counters[SENT]!
  }

  get reopened(): number {
    return this.#counters[REOPENED]!
  }

  /** Before bytes are written. */
  sends(bytes: number): void {
    this.#counters[SENT]! += bytes
    Atomics.store(this.#state, 0, BUSY)
  }

  /** Once bytes have been read, and before anything else is. */
  receives(bytes: number, { state, transaction }: SessionTracker): void {
    this.#counters[RECEIVED]! += bytes
    const isInStep = state === 'idle' || state === 'in-transaction'
    Atomics.store(this.#state, 0, isInStep ? STATUS.indexOf(transaction) + 1 : BUSY)
  }

  /** By the thread at the end of a lease. False when the broker wants the socket back. */
  keep(): boolean {
    return this.#moves(HELD, KEPT)
  }

  /** By the thread for its next lease. False when the broker has taken the socket back, or is about to. */
  reopen(): boolean {
    if (!this.#moves(KEPT, HELD)) return false
    this.#counters[REOPENED]!++
    return true
  }

  /** By the broker: from here on the thread neither keeps the socket nor begins a lease with it. */
  want(): void {
    Atomics.or(this.#owner, 0, WANTED)
  }

  /** By the broker. False when the thread does not keep the socket. */
  take(): boolean {
    return this.#moves(KEPT, TAKEN) || this.#moves(KEPT | WANTED, TAKEN)
  }

  get isKept(): boolean {
    return (Atomics.load(this.#owner, 0) & ~WANTED) === KEPT
  }

  #moves(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#owner, 0, from, to) === from
  }

  /** What a thread has left that has ended: what it has read and not told is lost. */
  get left(): ReturnedSession {
    const transaction = STATUS[Atomics.load(this.#state, 0) - 1]
    if (transaction === undefined) return 'unknown'
    const session = new SessionTracker().save()
    // It may have been told of settings.
    Object.assign(session.conversation, { transaction, settingsReported: true })
    return session
  }
}
