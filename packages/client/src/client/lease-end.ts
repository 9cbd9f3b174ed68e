import pg from 'pg'
import { BrokerClosedError, LeaseReleasedError, LeaseRevokedError } from '../common/errors.js'
import { isError } from '../common/values.js'
import type { LeaseRequest } from '../lease/contract.js'
import { released } from '../lease/lease-errors.js'
import type { LeaseStream } from '../lease/lease-stream.js'
import { Finishing, type FinishingClient } from './finishing.js'
import type { LeaseConnection } from './lease-connection.js'
import type { ReleaseOption } from './leased-client.js'
import { noteOutcome } from './outcome.js'
import type { PgQuery } from './pg-client.js'
import { beginningOf, excuse, Refused, unanswered } from './unanswered.js'

/** A client whose lease is to end. */
interface EndingClient extends FinishingClient {
  /** Null before the lease is granted: until then nothing is sent. */
  readonly processID: number | null
  /**
   * - `unused`: it has no lease;
   * - `used`: what it sends is answered;
   * - `broken`: no answer comes any more.
   */
  readonly condition: 'unused' | 'used' | 'broken'
  readonly isAborted: boolean
}

/** How the lease of a client ends: at once, or after the answers to what was sent. */
export class LeaseEnd {
  readonly #client: EndingClient
  readonly #stream: LeaseStream
  readonly #connection: LeaseConnection
  readonly #request: LeaseRequest
  /** Whether the holder has released the client, and can use it no more. */
  isReleased = false
  /** Set while the lease waits for answers, after which it ends. */
  #finishing: Finishing | undefined
  /** The query by which the latest COPY in has begun. */
  #copiesIn: PgQuery | null | undefined
  /** Of a pipeline: others may have been sent behind them. */
  #refused: Refused | undefined

  constructor(client: EndingClient, stream: LeaseStream, connection: LeaseConnection, request: LeaseRequest) {
    this.#client = client
    this.#stream = stream
    this.#connection = connection
    this.#request = request
  }

  /** Of the answers that a released client still waits for. */
  get over(): Promise<void> | undefined {
    return this.#finishing?.over
  }

  /** By the holder, for the first time. */
  release(option: ReleaseOption): void {
    if (closes(option)) return this.#cancel('destroy')
    if (isError(option) || this.#isAnswered) return this.#cancel('release')
    this.isReleased = true
    this.#awaitAnswers()
  }

  /** See `Leased.finish`. */
  finish(): Promise<void> | undefined {
    if (this.#finishing === undefined) {
      if (this.isReleased || this.#isAnswered || this.#client.condition === 'broken') {
        this.settle()
        return undefined
      }
      this.#awaitAnswers()
    }
    return this.#finishing?.over
  }

  /** See `Leased.settle`. */
  settle(reason?: Error): void {
    if (!this.isReleased || this.#finishing !== undefined) this.#cancel('release', reason)
  }

  // From the client.

  /** Something has been sent, or answered. */
  goOn(): void {
    this.#finishing?.goOn()
  }

  copyInBegun(): void {
    this.#copiesIn = this.#client._activeQuery
  }

  refused(query: PgQuery): void {
    this.#refused ??= new Refused()
    this.#refused.add(query)
  }

  /** @param failAll fails all queries. */
  lost(error: Error, failAll: () => void): void {
    const finishing = this.#finishing
    const waiting = unanswered(this.#client)
    const isTakenBack = error instanceof LeaseRevokedError || error instanceof BrokerClosedError
    if (finishing !== undefined || isTakenBack || this.isReleased) for (const query of waiting) excuse(query)
    if (this.#client.processID !== null) noteOutcome(error, this.#client)
    failAll()
    this.#connection.lost()
    if (finishing === undefined) return
    if (waiting.length > 0 && !(error instanceof LeaseReleasedError)) finishing.failed(error)
    this.#end('release')
  }

  #awaitAnswers(): void {
    const [first] = unanswered(this.#client)
    this.#finishing ??= new Finishing(this.#client, {
      isOpen: () => !this.isReleased,
      answered: () => this.#end('release'),
      stuck: () => this.#cancel('release'),
      isInputDue: () => this.#client._activeQuery === this.#copiesIn || this.#connection.isUnsynced,
    })
    this.#stream.finishes({ notAwaited: beginningOf(first!), task: this.#request.task })
    this.#finishing.goOn()
  }

  /** Nobody waits for anything any more. */
  #end(how: 'release' | 'destroy'): void {
    const finishing = this.#finishing
    this.#finishing = undefined
    this.isReleased = true
    if (this.#client.isAborted) this.#stream.aborted()
    // Others may have written to it.
    this.#stream.release(how)
    if (this.#client.condition === 'unused') return
    this.#stream.letGo()
    this.#connection.letGo()
    finishing?.done()
  }

  #cancel(how: 'release' | 'destroy', reason?: Error): void {
    this.#refused?.excuse()
    if (reason !== undefined || this.#client.isAborted) this.#stream.aborted()
    // To take a stream down costs as much as a small query.
    if (this.#isAnswered && this.#client.condition !== 'broken') return this.#end(how)
    for (const query of unanswered(this.#client)) excuse(query)
    this.isReleased = true
    this.#stream.release(how)
    this.#stream.destroy(reason ?? released(this.#request.database))
    this.#finishing?.done()
    this.#finishing = undefined
  }

  /** Whether nobody waits for an answer, as far as that can be known. */
  get #isAnswered(): boolean {
    const { condition, readyForQuery } = this.#client
    return condition === 'unused' || readyForQuery === true || unanswered(this.#client).length === 0
  }
}

function closes(option: ReleaseOption): boolean {
  if (option instanceof pg.DatabaseError) return false
  return typeof option === 'object' && !isError(option) ? option?.destroy === true : Boolean(option)
}
