import { behindReset, ResetAnswer, type ResetForm, resetForm } from '@pglease/client/internal'

/** A session's reset that travels ahead of what is sent next on its connection. */
export class PendingReset {
  /**
   * - `done`: the session is its user's;
   * - `due`: it is reset by what is sent next, which travels behind the reset;
   * - a `ResetAnswer`: that is sent, and its answer comes first.
   */
  #state: 'done' | 'due' | ResetAnswer = 'done'

  /** Of the one sent last by the broker. */
  #place: 1 | 2 = 1
  /** Of the one that is due, or was sent last. */
  #form: ResetForm = 1

  /** Of the one sent last: whether nothing travels behind it that the server has to do. */
  #isLast = false

  get state(): 'done' | 'due' | 'under way' {
    return typeof this.#state === 'string' ? this.#state : 'under way'
  }

  /** The session is not its next user's before it is reset. */
  order(keepsStatements: boolean): void {
    if (this.state === 'under way') throw new Error('A session is being reset already')
    this.#state = 'due'
    this.#place = this.#place === 1 ? 2 : 1
    this.#form = resetForm(this.#place, keepsStatements)
  }

  /**
   * What to write, so that a reset that is due travels ahead of the bytes.
   * @param isAnswered whether they bring an answer by themselves
   */
  aheadOf(bytes: Uint8Array, isAnswered: boolean): Uint8Array {
    if (this.#state !== 'due' || bytes.length === 0) return bytes
    this.#state = new ResetAnswer(this.#form)
    this.#isLast = false
    return behindReset(bytes, isAnswered, this.#form)
  }

  /** Of the reset that travels; undefined where none does. */
  get form(): ResetForm | undefined {
    return this.state === 'under way' ? this.#form : undefined
  }

  /** A worker has sent it: its answer comes first. */
  sentByWorker(isLast: boolean, keepsStatements: boolean): void {
    this.#state = new ResetAnswer(resetForm(0, keepsStatements))
    this.#isLast = isLast
  }

  /** Whether one is under way that a worker has sent, and nothing behind it that the server has to do. */
  get isLast(): boolean {
    return this.state === 'under way' && this.#isLast
  }

  /** A worker that had the socket has seen to it. */
  done(): void {
    this.#state = 'done'
  }

  /**
   * What of the chunk is not the answer to the reset.
   * @throws ResetFailedError or ProtocolError
   */
  behindAnswer(chunk: Buffer): Buffer {
    if (typeof this.#state === 'string') return chunk
    const end = this.#state.take(chunk)
    if (end === -1) return chunk.subarray(chunk.length)
    this.#state = 'done'
    return chunk.subarray(end)
  }
}
