import { BrokerClosedError, ConnectError, LeaseTimeoutError, QueueFullError } from '@pglease/client'
import type { Database } from './database-options.js'

/** What was the case when a wait was over. */
interface VainWait {
  waitedMillis: number
  leased: number
  holders: readonly string[]
  /** Why the server cannot be reached, where that is what the wait was for. */
  cause: Error | undefined
}

export function timedOut(
  { name, max }: Database,
  { waitedMillis, leased, holders, cause }: VainWait,
): LeaseTimeoutError {
  const why =
    cause === undefined
      ? `${leased} of at most ${max} are leased${holders.length === 0 ? '' : `, by ${holders.join('; ')}`}`
      : `the server cannot be reached: ${describe(cause)}`
  const message = `No connection to "${name}" came free within ${waitedMillis} ms: ${why}.`
  return new LeaseTimeoutError(message, { database: name, limit: max, waitedMillis, holders, cause })
}

export function queueFull({ name, maxWaiting }: Database): QueueFullError {
  const message = `${maxWaiting} leases wait for "${name}" already, its maxWaiting.`
  return new QueueFullError(message, { database: name, limit: maxWaiting })
}

export function cannotConnect({ name }: Database, cause: Error): ConnectError {
  return new ConnectError(`Cannot connect to "${name}": ${describe(cause)}`, { database: name, cause })
}

export function brokerClosed({ name }: Database): BrokerClosedError {
  return new BrokerClosedError(`The broker is closed: "${name}" cannot be leased any more.`, {
    database: name,
  })
}

/** Node's error of several addresses tried has no message of its own. */
function describe(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : []
  return error.message || first?.message || error.name
}
