/**
 * Runs in worker threads: leases a connection of the broker for the time of a task, and gives it back.
 * @module @pglease/client
 */
export { Client } from './client/client.js'
export type {
  ClientOptions,
  LeasedClientOptions,
  PoolOptions,
  WithConnectionOptions,
} from './client/client-options.js'
export { leaseSocket } from './client/lease-socket.js'
export type { LeasedClient, ReleaseOption } from './client/leased-client.js'
export { Pool } from './client/pool.js'
export type {
  ClientTransactionOptions,
  RetryOptions,
  TransactionMode,
} from './client/transaction-options.js'
export { leased, withConnection } from './client/with-connection.js'
export { type TransactionOptions, withTransaction } from './client/with-transaction.js'
export * from './common/errors.js'
export { isRetryable } from './common/retryable.js'
export type { IsolationLevel, LeaseOptions } from './lease/contract.js'
export { type AroundTask, aroundTasks, type TaskWrapper } from './task/around-tasks.js'
export type { TaskContext } from './task/task-context.js'
