import type { ConnectionBroker, Pool } from '@pglease/broker'
import { Logger } from 'graphile-worker'
import pg from 'pg'

/** The queue's name for our jobs: others in the same queue are not touched. */
export const TASK = 'pglease_plan_tour'

/** What every use of graphile-worker here takes. */
export function queueOptions(pgPool: Pool, schema: string) {
  return {
    pgPool,
    schema,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    preset: {
      worker: {
        // Without these a job whose end could not be written would be a rejection that nobody handles.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  }
}

export const quoted = (name: string): string => pg.escapeIdentifier(name)

/** How long the queue waits for a connection: longer than a server takes to be back. */
const WAIT_MILLIS = 300_000

/** The queue's connections are the broker's: one that waits for notifications all the time, and one for each of its queries. */
export function queuePool(broker: ConnectionBroker): Pool {
  const pool = broker.pool({ connectionTimeoutMillis: WAIT_MILLIS })
  // It warns of a pool without these.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
