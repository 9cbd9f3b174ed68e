import { TransactionError } from '../common/errors.js'
import { type RetryingTask, retried } from '../common/retried.js'
import { isRetryable } from '../common/retryable.js'
import type { LeasedClient } from './leased-client.js'
import type { PgQueues } from './pg-client.js'
import {
  beginStatement,
  type ClientTransactionOptions,
  checkNested,
  checkTransaction,
  type TransactionMode,
} from './transaction-options.js'
import { unanswered } from './unanswered.js'

type Work<T> = (client: LeasedClient) => Promise<T> | T

/** A transaction that is open, and the savepoints within it. */
interface Open {
  /** How many levels are open. */
  depth: number
  /** Whether levels have ended in another order than they must. */
  isTangled: boolean
  /** What the server has last refused in it. */
  error: unknown
}

/** Whose transactions they are. */
interface Host extends PgQueues {
  /** What the end of the lease finds open is no fault of its holder. */
  leavesOpen(): void
}

/** The transactions of one client: one at a time. */
export class Transactions {
  readonly #client: LeasedClient
  readonly #host: Host
  readonly #task: RetryingTask | undefined
  /** Undefined while there is none that was begun here. */
  #open: Open | undefined

  constructor(client: LeasedClient, host: Host, task: RetryingTask | undefined) {
    this.#client = client
    this.#host = host
    this.#task = task
  }

  /** The server has refused a query. */
  refused(error: unknown): void {
    if (this.#open !== undefined) this.#open.error = error
  }

  /** A transaction, done again when that may help; or a savepoint where there is one. */
  async run<T>(work: Work<T>, options: ClientTransactionOptions): Promise<T> {
    checkTransaction(work, options)
    const { _txStatus } = this.#host
    if (this.#open === undefined && _txStatus !== 'T' && _txStatus !== 'E')
      return retried(() => this.once(work, options, 'cancel'), options, this.#task)
    checkNested(options)
    return this.#savepoint(work)
  }

  /**
   * One try.
   * @param onFailure what becomes of what is under way when `work` fails: it is cancelled, or left to the end of the lease
   */
  async once<T>(work: Work<T>, mode: TransactionMode, onFailure: 'cancel' | 'leave'): Promise<T> {
    const open = this.#begin()
    try {
      await this.#client.query(beginStatement(mode))
      const result = await this.#level(open, work, () => this.#rollBack('ROLLBACK', onFailure))
      const { command } = await this.#client.query('COMMIT')
      if (command === 'ROLLBACK') throw rolledBack(open.error)
      return result
    } finally {
      this.#open = undefined
    }
  }

  async #savepoint<T>(work: Work<T>): Promise<T> {
    const isFirst = this.#open === undefined
    const open = this.#open ?? this.#begin()
    const name = `pglease_${open.depth + 1}`
    const inSavepoint: Work<T> = async (client) => {
      await client.query(`SAVEPOINT ${name}`)
      return work(client)
    }
    try {
      const undo = `ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`
      const result = await this.#level(open, inSavepoint, () => this.#rollBack(undo, 'cancel'))
      await this.#client.query(`RELEASE SAVEPOINT ${name}`)
      return result
    } finally {
      if (isFirst) this.#open = undefined
    }
  }

  #begin(): Open {
    this.#open = { depth: 0, isTangled: false, error: undefined }
    return this.#open
  }

  /** Levels that overlap would undo each other's work. */
  async #level<T>(open: Open, work: Work<T>, rollBack: () => Promise<void>): Promise<T> {
    const depth = ++open.depth
    try {
      const result = await work(this.#client)
      open.isTangled ||= open.depth !== depth
      if (open.isTangled) throw tangled()
      await this.#answered()
      if (this.#hasNone) throw endedByQuery()
      return result
    } catch (error) {
      open.isTangled ||= open.depth !== depth
      if (!this.#client.isOver) await rollBack()
      throw error
    } finally {
      open.depth = depth - 1
    }
  }

  /** Where the session stands is known once what `work` has not awaited is answered: behind it, an empty query. */
  #answered(): unknown {
    return this.#client.isOver || unanswered(this.#host).length === 0 ? undefined : this.#client.query('')
  }

  /** Whether the session is in no transaction. */
  get #hasNone(): boolean {
    return !this.#client.isOver && this.#host._txStatus === 'I'
  }

  async #rollBack(statement: string, underWay: 'cancel' | 'leave'): Promise<void> {
    if (unanswered(this.#host).length > 0) {
      if (underWay === 'leave') return this.#host.leavesOpen()
      this.#client.cancelQuery()
    }
    // Where the connection is gone so is the transaction.
    await this.#client.query(statement).catch(() => {})
  }
}

function rolledBack(cause: unknown): TransactionError {
  return new TransactionError(
    'The transaction was rolled back by its COMMIT, because one of its queries had failed and the error was caught. ' +
      'Let it be thrown, or do what may fail within client.withTransaction().',
    { cause, retryable: isRetryable(cause) },
  )
}

function tangled(): TransactionError {
  return new TransactionError(
    'Transactions of one client overlapped, or one was open still when the one around it was over. ' +
      'Await each before the next, or give each a lease of its own.',
  )
}

function endedByQuery(): TransactionError {
  return new TransactionError(
    'The transaction was over before its end: a query within it, as COMMIT or ROLLBACK, has ended it, and what came behind ' +
      'was in none. Leave its end to withTransaction().',
  )
}
