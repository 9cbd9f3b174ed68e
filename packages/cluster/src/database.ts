import type { DatabaseOptions } from '@pglease/broker'

/** How a process of the cluster reaches the database. */
export interface Access {
  readonly connectionString: string
  /** The `application_name` by which `pg_stat_activity` tells its connections. */
  readonly name: string
  /** Those of its tasks and of its queue together. */
  readonly connections: number
  /** Whether a pooler gives each transaction another connection. */
  readonly isPooledByTransaction: boolean
}

/** How long a task waits for a connection; then the queue runs its job again. */
const TASK_MILLIS = 20_000

export function databaseOf(access: Access): DatabaseOptions {
  const { connectionString, name, connections, isPooledByTransaction } = access
  return {
    connectionString,
    application_name: name,
    max: connections,
    connectionTimeoutMillis: TASK_MILLIS,
    ...(isPooledByTransaction && { prepare: false, resetQuery: '' }),
  }
}
