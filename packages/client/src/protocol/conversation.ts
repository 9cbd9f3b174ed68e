import * as Backend from './backend-types.js'
import * as Frontend from './frontend-types.js'
import { arePoints, SyncPoints } from './sync-points.js'

/** Status of a ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E'
const TRANSACTION_STATUSES: readonly TransactionStatus[] = ['I', 'T', 'E']

/** Which way a COPY goes that is under way, seen from the server. */
export type CopyDirection = 'none' | 'in' | 'out'
const COPY_DIRECTIONS: readonly CopyDirection[] = ['none', 'in', 'out']

/** Where a conversation stands; its fields are those of `Conversation`. */
export interface ConversationState {
  known: boolean
  unsynced: boolean
  transaction: TransactionStatus
  copy: CopyDirection
  failed: boolean
  settingsReported: boolean
  doubtfulSyncs: number
  points: number[]
}

/** Whether a value of another thread's can be one. */
export function isConversationState(value: unknown): value is ConversationState {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 8) return false
  const { known, unsynced, transaction, copy, failed, settingsReported, doubtfulSyncs, points } =
    value as Partial<ConversationState>
  const areFlags = [known, unsynced, failed, settingsReported].every((flag) => typeof flag === 'boolean')
  const areWords = TRANSACTION_STATUSES.includes(transaction!) && COPY_DIRECTIONS.includes(copy!)
  const isCount = Number.isSafeInteger(doubtfulSyncs) && doubtfulSyncs! >= 0
  return areFlags && areWords && isCount && arePoints(points)
}

/**
 * What each message, sent or received, does to the state of a session, by the rules of the PostgreSQL
 * documentation, chapter "Frontend/Backend Protocol", section "Message Flow". It begins idle, after start-up.
 */
export class Conversation {
  /** False once the two sides may be out of step; it never becomes true again. */
  known = true
  /** Whether extended-query messages were sent that no Sync follows: until then no ReadyForQuery answers them. */
  unsynced = false
  /** Of the last ReadyForQuery. */
  transaction: TransactionStatus = 'I'
  /** `in` until CopyDone or CopyFail is sent, `out` until CopyDone comes, either until an error. */
  copy: CopyDirection = 'none'
  /** Whether an ErrorResponse has come since the last message that was sent with no answers outstanding. */
  failed = false
  /** Whether a ParameterStatus has come: the session told of a setting that it has changed. */
  settingsReported = false

  readonly #points = new SyncPoints()
  /**
   * Syncs sent into a copy-in of which no outcome is known. If the copy succeeds it has swallowed them. If it
   * fails, it may have failed before it read them, and then the server answers them.
   */
  #doubtfulSyncs = 0

  /** How many ReadyForQuery the server has still to send. */
  get owed(): number {
    return this.#points.owed
  }

  /** Whether the server has nothing to answer. */
  get answered(): boolean {
    return this.owed === 0 && !this.unsynced
  }

  /** Takes note of a message on its way to the server. */
  request(type: number): void {
    if (this.answered) this.failed = false
    switch (type) {
      case Frontend.CopyData:
      case Frontend.Flush:
        return
      case Frontend.Sync:
        this.#sync()
        return
      case Frontend.CopyDone:
      case Frontend.CopyFail:
        this.#copyEnd()
        return
    }
    // The server ends the connection for any other message in a copy-in.
    if (this.copy === 'in') this.known = false
    if (type === Frontend.Query || type === Frontend.FunctionCall) this.#query()
    else this.#extended(type)
  }

  /** Takes note of a message from the server. `first` is the first byte of its body. */
  response(type: number, first: number): void {
    switch (type) {
      // These three may come at any time ("Asynchronous Operations").
      case Backend.ParameterStatus:
        this.settingsReported = true
        return
      case Backend.NoticeResponse:
      case Backend.NotificationResponse:
        return
      case Backend.ReadyForQuery:
        this.#ready(first)
        return
    }
    if (this.answered) this.known = false
    switch (type) {
      case Backend.ErrorResponse:
        this.#error()
        return
      case Backend.CommandComplete:
      case Backend.CopyDone:
        this.#endCopy()
        return
      case Backend.CopyInResponse:
        this.#beginCopyIn()
        return
      case Backend.CopyOutResponse:
        this.copy = 'out'
        return
      case Backend.CopyBothResponse:
        this.known = false
        return
    }
  }

  save(): ConversationState {
    const { known, unsynced, transaction, copy, failed, settingsReported } = this
    return {
      ...{ known, unsynced, transaction, copy, failed, settingsReported },
      doubtfulSyncs: this.#doubtfulSyncs,
      points: this.#points.save(),
    }
  }

  restore(state: ConversationState): void {
    this.known = state.known
    this.unsynced = state.unsynced
    this.transaction = state.transaction
    this.copy = state.copy
    this.failed = state.failed
    this.settingsReported = state.settingsReported
    this.#doubtfulSyncs = state.doubtfulSyncs
    this.#points.restore(state.points)
  }

  #query(): void {
    // The server answers it unless an extended message in front of it fails. PostgreSQL 18 may even call itself
    // idle after the Sync that follows, and fail the next query.
    if (this.unsynced) this.known = false
    this.#points.query()
  }

  #extended(type: number): void {
    if (type === Frontend.Execute) this.#points.execute()
    this.unsynced = true
  }

  #sync(): void {
    if (this.copy === 'in') {
      this.#doubtfulSyncs++
      return
    }
    this.#points.sync()
    this.unsynced = false
  }

  #copyEnd(): void {
    if (this.copy === 'in') this.copy = 'none'
    // With nothing under way that could begin a copy, the server discards it.
    else if (!this.answered) this.#points.copyEnd(this.unsynced)
  }

  #ready(status: number): void {
    if (this.copy === 'in' || this.#doubtfulSyncs > 0 || !this.#points.pay()) this.known = false
    this.copy = 'none'
    this.transaction = this.#statusOf(status)
  }

  #statusOf(status: number): TransactionStatus {
    if (status === 0x49) return 'I'
    if (status === 0x54) return 'T'
    if (status !== 0x45) this.known = false
    return 'E'
  }

  #error(): void {
    if (this.#doubtfulSyncs > 0) this.known = false
    this.copy = 'none'
    this.failed = true
  }

  #endCopy(): void {
    if (this.copy === 'in') this.known = false
    this.copy = 'none'
    this.#doubtfulSyncs = 0
  }

  #beginCopyIn(): void {
    const effect = this.copy === 'in' ? undefined : this.#points.beginCopyIn()
    if (effect === undefined) {
      this.known = false
      return
    }
    this.#doubtfulSyncs += effect.swallowedSyncs
    this.copy = effect.ended ? 'none' : 'in'
    // Nothing owed: an Execute began the copy, and the Syncs that followed it count no longer.
    if (this.owed === 0) this.unsynced = true
  }
}
