import {
  BrokerClosedError,
  ConnectError,
  LeaseTimeoutError,
  ProtocolError,
  QueueFullError,
} from '@pglease/client'
import { counted } from '@pglease/client/internal'
import type { Database } from '../connection/database-options.js'

/** What the thread of the one who waits has leased itself. */
export interface OwnLeases {
  thread: string
  count: number
}

/** What was the case when a wait was over. */
interface VainWait {
  waitedMillis: number
  leased: number
  connecting: number
  holders: readonly string[]
  own: OwnLeases | undefined
  open: number
  isPaused: boolean
  /** Why no further connection could be opened. */
  cause: Error | undefined
}

export function timedOut(database: Database, wait: VainWait): LeaseTimeoutError {
  const { name, max } = database
  const { waitedMillis, leased, holders, own, isPaused, cause } = wait
  const isFull = leased >= max
  const hint = isFull || isPaused || cause ? itself(own, isFull) : ''
  const message = `No connection to "${name}" came free within ${waitedMillis} ms: ${why(wait, max)}.${hint}`
  return new LeaseTimeoutError(message, { database: name, limit: max, waitedMillis, holders, cause })
}

function why({ leased, connecting, holders, open, isPaused, cause }: VainWait, max: number): string {
  const inUse = counted(leased, `of at most ${max} is leased`, `of at most ${max} are leased`)
  const those = `${inUse}${by(holders)}${unconnected(connecting)}`
  if (isPaused) return `it is paused, and ${those}`
  if (cause === undefined) return those
  const obstacle = `can be opened: ${describe(cause)}`
  return open === 0 ? `no connection ${obstacle}` : `${those}, and no further one ${obstacle}`
}

export function queueFull(
  { name, max, maxWaiting }: Database,
  isPaused: boolean,
  holders: readonly string[],
  own: OwnLeases | undefined,
): QueueFullError {
  const waiting = counted(maxWaiting, 'lease waits', 'leases wait')
  const all = max === 1 ? 'its one connection is' : `all ${max} connections are`
  const why = isPaused ? 'it is paused' : `${all} leased${by(holders)}`
  const message = `${waiting} for "${name}" already, its maxWaiting, and ${why}.${itself(own, !isPaused)}`
  return new QueueFullError(message, { database: name, limit: maxWaiting, holders })
}

/** What waits for its own thread may wait for ever, and is told so. Which of the thread's tasks holds is not known. */
function itself(own: OwnLeases | undefined, isFull: boolean): string {
  if (own === undefined || own.count === 0) return ''
  return (
    ` This thread (${own.thread}) holds ${own.count} of these itself: use one client for both ` +
    `(\`db.withTransaction\` needs no second lease)${isFull ? ', release first, or raise `max`' : ', or release first'}.`
  )
}

function unconnected(connecting: number): string {
  if (connecting === 0) return ''
  return `, and ${counted(connecting, 'is not connected yet', 'are not connected yet')}`
}

function by(holders: readonly string[]): string {
  return holders.length === 0 ? '' : `, by ${holders.join('; ')}`
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
export function describe(error: Error): string {
  const [first] = Array.isArray(Object(error).errors) ? Object(error).errors : []
  const message = error.message || first?.message || error.name
  return error instanceof ProtocolError
    ? `${message} (what answers there may be no Postgres server)`
    : message
}
