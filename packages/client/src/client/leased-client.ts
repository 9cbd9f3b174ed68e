import type pg from 'pg'
import type { ClientTransactionOptions } from './transaction-options.js'

/**
 * As of `pg.PoolClient`: `true` or an error closes the connection instead of giving it back. An error of the server's
 * own, a `pg.DatabaseError`, does not: the session is as sound as before.
 */
export type ReleaseOption =
  | boolean
  | Error
  | null
  | undefined
  | {
      /** Whether the connection is closed. Default: false. */
      destroy?: boolean
    }

/**
 * A `pg.Client` on a leased connection. It is connected from the start: the first query opens the lease, `release`
 * ends it. Everything that works on a `pg.Client` works on it. Its `host`, `port`, `user` and `database` are the server's, at
 * the latest when the lease begins; its password is not. Its `processID` is null until then, for `connect` opens no lease: which
 * process of the server it will be is known with the answer to the first query.
 *
 * Beyond the errors of `pg`, `query` rejects with a `LeaseTimeoutError`, `QueueFullError`, `ConnectError`,
 * `UnknownDatabaseError`, `BrokerClosedError` or `NotAttachedError` when the lease cannot be opened, a
 * `LeaseReleasedError` after `release`, a `LeaseLostError` or `LeaseRevokedError` when the lease ended on its own.
 */
export interface LeasedClient extends pg.Client {
  /** Whether the lease is over: by `release`, on its own, or because its task is aborted. */
  readonly isOver: boolean
  /**
   * Gives the connection back; an open transaction is rolled back. What was sent before is answered first, as of `pg`, but
   * only for the database's `cancelTimeoutMillis`: then it is cancelled on the server and rejects with a
   * `LeaseReleasedError`. So it does at once where only more input could end it, as an open COPY or cursor, and with an
   * option that tells of a failure. Nothing need be awaited.
   * @throws LeaseReleasedError when it was released before.
   */
  release(option?: ReleaseOption): void
  /**
   * Cancels the query under way on the server: it rejects with SQLSTATE 57014, and the lease goes on. The server ignores a
   * cancel that comes before it has begun the query, or once it is done with it (chapter 54.2.8 of the PostgreSQL
   * documentation).
   */
  cancelQuery(): void
  /**
   * Runs `work` in a transaction on this client: commits it when `work` resolves, rolls it back when it rejects. Within a
   * transaction it is a savepoint, which takes no options. What another try may mend is tried again; `work` is called anew.
   * @throws as `withTransaction`; a `ConfigurationError` for options of a savepoint.
   */
  withTransaction<T>(
    work: (client: LeasedClient) => Promise<T> | T,
    options?: ClientTransactionOptions,
  ): Promise<T>
}
