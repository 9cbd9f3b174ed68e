import { backendTypes, DataRow } from './backend-types.js'
import {
  Conversation,
  type ConversationState,
  type CopyDirection,
  isConversationState,
  type TransactionStatus,
} from './conversation.js'
import { frontendTypes, Terminate } from './frontend-types.js'
import { isScannerState, MessageScanner, type ScannerState } from './message-scanner.js'

/**
 * What a release has to do with the connection:
 * - `idle`: in step, nothing owed, no transaction;
 * - `in-transaction`: the same, but a transaction is open, failed or not;
 * - `busy`: answers are still to come, a COPY is under way, or a Sync is missing; it can be brought to an end;
 * - `unknown`: half a message was sent, or the two sides are out of step; such a connection can only be closed.
 */
export type SessionState = 'idle' | 'in-transaction' | 'busy' | 'unknown'

/** Where a session stands, for another tracker to go on from. It survives a structured clone. */
export interface SessionSnapshot {
  frontend: ScannerState
  backend: ScannerState
  conversation: ConversationState
}

/**
 * Knows from the bytes that pass in both directions where a session stands. It begins with a session that is idle
 * after start-up. What is sent must be shown to it before it is written, the broker's own messages too.
 */
export class SessionTracker {
  readonly #frontend = new MessageScanner(frontendTypes)
  readonly #backend = new MessageScanner(backendTypes)
  readonly #conversation = new Conversation()
  #terminated = false

  /** How many ReadyForQuery the server has still to send. */
  get owed(): number {
    return this.#conversation.owed
  }

  /** Transaction status of the last ReadyForQuery. */
  get transaction(): TransactionStatus {
    return this.#conversation.transaction
  }

  /** `in` until CopyDone or CopyFail is sent, `out` until CopyDone comes, either until an error. */
  get copy(): CopyDirection {
    return this.#conversation.copy
  }

  /** Whether extended-query messages were sent that no Sync follows: until then no ReadyForQuery answers them. */
  get unsynced(): boolean {
    return this.#conversation.unsynced
  }

  /** Whether an ErrorResponse has come since the last message that was sent with no answers outstanding. */
  get failed(): boolean {
    return this.#conversation.failed
  }

  /** Whether the server has reported a changed setting in this lease. */
  get settingsReported(): boolean {
    return this.#conversation.settingsReported
  }

  /** False once the two sides may be out of step; it never becomes true again. */
  get known(): boolean {
    return this.#conversation.known
  }

  /** Whether the last byte sent stands in the middle of a message. */
  get halfSent(): boolean {
    return !this.#frontend.atBoundary
  }

  /** Whether the last byte received stands in the middle of a message. */
  get halfReceived(): boolean {
    return !this.#backend.atBoundary
  }

  /** Whether the frontend has sent a Terminate. */
  get terminated(): boolean {
    return this.#terminated
  }

  get state(): SessionState {
    if (!this.known || this.halfSent) return 'unknown'
    if (!this.#conversation.answered || this.halfReceived || this.copy !== 'none') return 'busy'
    return this.transaction === 'I' ? 'idle' : 'in-transaction'
  }

  /**
   * Takes note of bytes on their way to the server.
   *
   * @returns how many of them to write: all, or those in front of a Terminate. Once `terminated` is set, what that
   * frontend still sends must be neither shown to the tracker nor written; the broker's own messages may be.
   * @throws ProtocolError if the bytes are not messages of a frontend; the state is `unknown` then
   */
  sent(chunk: Uint8Array): number {
    const scanner = this.#frontend
    let boundary = 0
    try {
      for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
        if (scanner.type === Terminate) return this.#terminate(boundary)
        this.#conversation.request(scanner.type)
        boundary = at
      }
    } catch (error) {
      this.#conversation.known = false
      throw error
    }
    // Its type byte could not be taken back: the first byte of a Terminate is as good as all of it.
    if (!scanner.atBoundary && scanner.type === Terminate) return this.#terminate(boundary)
    return chunk.length
  }

  /**
   * Takes note of bytes from the server.
   *
   * @throws ProtocolError if the bytes are not messages of a server; the state is `unknown` then
   */
  received(chunk: Uint8Array): void {
    const scanner = this.#backend
    try {
      for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
        if (scanner.type !== DataRow) this.#conversation.response(scanner.type, scanner.first)
      }
    } catch (error) {
      this.#conversation.known = false
      throw error
    }
  }

  /**
   * Begins a new lease of the session.
   *
   * @throws Error unless the session is idle
   */
  reset(): void {
    if (this.state !== 'idle') throw new Error(`A session that is ${this.state} cannot be lent`)
    this.#terminated = false
    this.#conversation.settingsReported = false
  }

  save(): SessionSnapshot {
    return {
      frontend: this.#frontend.save(),
      backend: this.#backend.save(),
      conversation: this.#conversation.save(),
    }
  }

  /** Goes on where another tracker of the same session stands. */
  restore({ frontend, backend, conversation }: SessionSnapshot): void {
    this.#frontend.restore(frontend)
    this.#backend.restore(backend)
    this.#conversation.restore(conversation)
  }

  /** Bytes have passed that this tracker has not seen and nobody can tell it of. */
  lose(): void {
    this.#conversation.known = false
  }

  #terminate(boundary: number): number {
    this.#frontend.dropPartial()
    this.#terminated = true
    return boundary
  }
}

/** Whether a value of another thread's can be one. */
export function isSnapshot(value: unknown): value is SessionSnapshot {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false
  const { frontend, backend, conversation } = value as Partial<SessionSnapshot>
  return isScannerState(frontend) && isScannerState(backend) && isConversationState(conversation)
}
