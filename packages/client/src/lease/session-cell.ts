import type { TransactionStatus } from '../protocol/conversation.js'
import { SessionTracker } from '../protocol/session-tracker.js'
import type { ReturnedSession } from './contract.js'
import { HOLD_TIMES_BYTES, HoldTimes } from './hold-times.js'
import { LEASE_TASKS_BYTES, LeaseTasks } from './lease-tasks.js'
import { SHOWN_STATEMENT_BYTES, ShownStatement } from './shown-statement.js'

/** Something is under way, or nothing is known. */
const BUSY = 0
/** In step, nothing owed: one more than the index of the transaction's status. */
const STATUS: readonly TransactionStatus[] = ['I', 'T', 'E']

/**
 * Who has the socket: the thread for a lease; the thread between two leases, when it has sent a reset without a Sync, or with
 * one; or the broker.
 */
const [HELD, KEPT, KEPT_SYNCED, TAKEN] = [0, 1, 2, 3]
const WHO = 3
/** Added by the broker when it wants the socket back. */
const WANTED = 4
/** Added for each lease that the thread begins without the broker. */
const REOPENED = 8

/** The word has no room for more. */
const MOST_REOPENED = 2 ** 28 - 1

/**
 * Of the descriptor that the broker has made for the thread: offered; claimed by the thread, which is about to make a socket of
 * it; or settled, because that socket closes it, or the broker does.
 */
const [SETTLED, OFFERED, CLAIMED] = [0, 1, 2]

/** Indices of words, of which there is an even number, and of counters. */
const [STATE, OWNER, DESCRIPTOR] = [0, 1, 2]
const WORDS = 4
const [RECEIVED, SENT] = [0, 1]

const COUNTERS_AT = WORDS * Int32Array.BYTES_PER_ELEMENT
const TIMES_AT = COUNTERS_AT + 2 * Float64Array.BYTES_PER_ELEMENT
const TASKS_AT = TIMES_AT + HOLD_TIMES_BYTES
const STATEMENT_AT = TASKS_AT + LEASE_TASKS_BYTES
export const CELL_BYTES = STATEMENT_AT + SHOWN_STATEMENT_BYTES

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
  readonly #words: Int32Array
  readonly #counters: Float64Array
  readonly #holdTimes: HoldTimes
  readonly #tasks: LeaseTasks
  readonly #statement: ShownStatement

  constructor(memory = new SharedArrayBuffer(CELL_BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#counters = new Float64Array(memory, COUNTERS_AT, 2)
    this.#holdTimes = new HoldTimes(memory, TIMES_AT)
    this.#tasks = new LeaseTasks(memory, TASKS_AT)
    this.#statement = new ShownStatement(memory, STATEMENT_AT)
  }

  /** By the broker, before it hands over. */
  begin(): void {
    this.#counters.fill(0)
    this.#holdTimes.clear()
    this.#tasks.clear()
    Atomics.store(this.#words, OWNER, HELD)
    Atomics.store(this.#words, STATE, BUSY)
    Atomics.store(this.#words, DESCRIPTOR, OFFERED)
  }

  /** By the thread: whether it has the descriptor. False when the broker has taken it back. */
  claimDescriptor(): boolean {
    this.#tasks.clear()
    return Atomics.compareExchange(this.#words, DESCRIPTOR, OFFERED, CLAIMED) === OFFERED
  }

  /** By the thread: a socket of its own has the descriptor, and closes it. */
  adoptDescriptor(): void {
    Atomics.store(this.#words, DESCRIPTOR, SETTLED)
  }

  /** By the broker: whether the thread has not come to the descriptor, and never will. */
  withdrawDescriptor(): boolean {
    return Atomics.compareExchange(this.#words, DESCRIPTOR, OFFERED, SETTLED) === OFFERED
  }

  /** By the broker: whether a thread that is done may have left the descriptor without a socket. */
  get isDescriptorLeft(): boolean {
    return Atomics.load(this.#words, DESCRIPTOR) === CLAIMED
  }

  get received(): number {
    return this.#counters[RECEIVED]!
  }

  get sent(): number {
    return this.#counters[SENT]!
  }

  get reopened(): number {
    return reopenedOf(this.#owner)
  }

  /** Before bytes are written. */
  sends(bytes: number): void {
    this.#counters[SENT]! += bytes
    Atomics.store(this.#words, STATE, BUSY)
  }

  /** Once bytes have been read, and before anything else is. */
  receives(bytes: number, { state, transaction }: SessionTracker): void {
    this.#counters[RECEIVED]! += bytes
    const isInStep = state === 'idle' || state === 'in-transaction'
    Atomics.store(this.#words, STATE, isInStep ? STATUS.indexOf(transaction) + 1 : BUSY)
  }

  /**
   * By the thread at the end of a lease. False when the broker wants the socket back, or has not looked at the cell for
   * too many leases.
   */
  get mayKeep(): boolean {
    const owner = this.#owner
    const reopened = reopenedOf(owner)
    const isFree = (owner & WHO) === HELD && (owner & WANTED) === 0
    return isFree && reopened < MOST_REOPENED && this.#holdTimes.hasPlaceBehind(reopened)
  }

  get isWanted(): boolean {
    return (this.#owner & WANTED) !== 0
  }

  /** By the thread, which may keep the socket and has sent the session's reset: from here on the broker may take it. */
  keep(heldMillis: number, isSynced: boolean): void {
    this.#holdTimes.write(this.reopened, heldMillis)
    if (!this.#moves(HELD, isSynced ? KEPT_SYNCED : KEPT)) throw new Error('Only what is held can be kept')
  }

  /** By the thread, before it begins its next lease. False when the broker could not be let know of which task that is. */
  writeTask(task: string | undefined): boolean {
    return this.#tasks.write(this.reopened + 1, task)
  }

  /** By the broker: of a lease that the thread has begun by itself, by how many it had begun with that. */
  readTask(reopened: number): string | undefined {
    return this.#tasks.read(reopened)
  }

  /** By the thread: what it has sent last; '' is nothing yet. */
  show(statement: string): void {
    this.#statement.write(statement)
  }

  /** By the broker. */
  get statement(): string | undefined {
    return this.#statement.read()
  }

  /** By the thread for its next lease. False when the broker has taken the socket back, or is about to. */
  reopen(): boolean {
    const held = HELD + REOPENED
    return this.#moves(KEPT, held, WANTED) || this.#moves(KEPT_SYNCED, held, WANTED)
  }

  /** By the broker: for how long each lease was held that was kept at its end, in milliseconds; those not read before. */
  readHoldTimes(): number[] {
    // Looked at once: the thread goes on meanwhile.
    const owner = this.#owner
    const isOver = (owner & WHO) !== HELD
    return this.#holdTimes.read(reopenedOf(owner) + (isOver ? 1 : 0))
  }

  /** By the broker: from here on the thread neither keeps the socket nor begins a lease with it. */
  want(): void {
    Atomics.or(this.#words, OWNER, WANTED)
  }

  /** By the broker. Undefined when the thread does not keep the socket; else whether its reset has a Sync. */
  take(): { isSynced: boolean } | undefined {
    if (this.#moves(KEPT_SYNCED, TAKEN)) return { isSynced: true }
    return this.#moves(KEPT, TAKEN) ? { isSynced: false } : undefined
  }

  get isKept(): boolean {
    const who = this.#owner & WHO
    return who === KEPT || who === KEPT_SYNCED
  }

  get isKeptSynced(): boolean {
    return (this.#owner & WHO) === KEPT_SYNCED
  }

  get #owner(): number {
    return Atomics.load(this.#words, OWNER)
  }

  /** @param unless a bit that forbids it. */
  #moves(from: number, to: number, unless = 0): boolean {
    for (;;) {
      const owner = this.#owner
      if ((owner & WHO) !== from || (owner & unless) !== 0) return false
      if (this.#replaces(owner, owner - from + to)) return true
    }
  }

  #replaces(owner: number, next: number): boolean {
    return Atomics.compareExchange(this.#words, OWNER, owner, next) === owner
  }

  /** What a thread has left that has ended: what it has read and not told is lost. */
  get left(): ReturnedSession {
    const transaction = STATUS[Atomics.load(this.#words, STATE) - 1]
    if (transaction === undefined) return 'unknown'
    const session = new SessionTracker().save()
    // It may have been told of settings.
    Object.assign(session.conversation, { transaction, settingsReported: true })
    return session
  }
}

function reopenedOf(owner: number): number {
  return Math.floor(owner / REOPENED)
}
