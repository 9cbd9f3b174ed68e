import type { ReturnedSession } from './contract.js'
import type { TransactionStatus } from './protocol/conversation.js'
import { SessionTracker } from './protocol/session-tracker.js'

/** Something is under way, or nothing is known. */
const BUSY = 0
/** In step, nothing owed: one more than the index of the transaction's status. */
const STATUS: readonly TransactionStatus[] = ['I', 'T', 'E']

/** The state takes the first eight bytes, two counters follow. */
const COUNTERS_AT = 8
export const CELL_BYTES = COUNTERS_AT + 2 * Float64Array.BYTES_PER_ELEMENT
const [RECEIVED, SENT] = [0, 1]

/**
 * What a thread that has a connection's socket lets the broker know, in memory that both see. Should the thread end
 * without giving the socket back, this says whether the connection can be kept.
 */
export class SessionCell {
  /** For the other thread's cell. */
  readonly memory: SharedArrayBuffer
  readonly #state: Int32Array
  readonly #counters: Float64Array

  constructor(memory = new SharedArrayBuffer(CELL_BYTES)) {
    this.memory = memory
    this.#state = new Int32Array(memory, 0, 1)
    this.#counters = new Float64Array(memory, COUNTERS_AT, 2)
  }

  /** By the broker, before it hands over. */
  begin(): void {
    this.#counters.fill(0)
    Atomics.store(this.#state, 0, BUSY)
  }

  /** Bytes that the thread has read from the socket. */
  get received(): number {
    return this.#counters[RECEIVED]!
  }

  /** Bytes that it has written. */
  get sent(): number {
    return this.#counters[SENT]!
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
