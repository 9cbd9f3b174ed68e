import { setTimeout as delay } from 'node:timers/promises'
import { copyFailMessage, RESET_AHEAD, RESET_KEEPING, undoAndSync } from '@pglease/client/internal'
import type { Counters } from '../common/statistics.js'
import { exchange, RefusedError } from './exchange.js'
import { EMPTY_QUERY } from './query-answers.js'
import type { ServerConnection } from './server-connection.js'
import { untilAnswered } from './until-answered.js'

export interface SettlePolicy {
  resetQuery: string
  cancelTimeoutMillis: number
  validateAfterIdleMillis: number
}

/** What a lease left behind. */
export interface Leftovers {
  /** Not one that had failed: nothing of that could be committed. */
  openTransaction: boolean
}

/**
 * Whether a plain reset is all that a connection needs whose lease is over: then it may travel ahead of the next lease's
 * first messages. A server that has reported a setting reports its reset as well, which is not for the next lease; and one
 * that has been silent for long is validated by answering the reset.
 */
export function needsPlainReset(
  connection: ServerConnection,
  policy: SettlePolicy,
  undo: readonly string[],
): boolean {
  const { tracker } = connection
  const isClean =
    tracker.state === 'idle' && !tracker.settingsReported && connection.cancels.over === undefined
  const isHeard = connection.silentMillis <= policy.validateAfterIdleMillis
  const isPlain = isPlainReset(connection, policy) && undo.length === 0
  return isClean && isPlain && isHeard && connection.reset !== 'under way'
}

/** Whether the database's reset is one that can travel ahead. */
export function isPlainReset(
  { initialSettings, canResetAhead }: ServerConnection,
  { resetQuery }: SettlePolicy,
): boolean {
  return resetQuery === RESET_AHEAD && initialSettings.length === 0 && canResetAhead
}

/**
 * Brings a connection whose lease is over back to its initial state, so that nothing of the lease is seen by the next.
 * Afterwards the connection is in step and idle.
 * @param undo statements that undo the lease's own options, in case the reset does not.
 * @throws RefusedError when the server does not reset it, Error when that cannot be done in time: the connection must be closed
 *   then, its state is not known.
 */
export async function settle(
  connection: ServerConnection,
  policy: SettlePolicy,
  counters: Counters,
  undo: readonly string[] = [],
): Promise<Leftovers> {
  const { tracker } = connection
  // What a cancel makes fail was open.
  const wasOpen = tracker.transaction === 'T' && !tracker.failed
  if (tracker.state === 'busy') await stopQueries(connection, policy.cancelTimeoutMillis, counters)
  // A late one would hit the next lease's query.
  await connection.cancels.over
  const isInTransaction = tracker.state === 'in-transaction'
  const openTransaction = isInTransaction && (wasOpen || tracker.transaction === 'T')
  const queries: string[] = []
  if (isInTransaction) queries.push('ROLLBACK')
  const keepsStatements = connection.keptStatements?.reset() === true
  if (keepsStatements) queries.push(...RESET_KEEPING.map(([text]) => text))
  else if (policy.resetQuery !== '') queries.push(policy.resetQuery)
  if (policy.resetQuery !== '') queries.push(...connection.initialSettings)
  queries.push(...undo)
  // What a thread has left unread may look like the answer to a reset, but nobody sends an empty query.
  if (queries.length > 0) await exchange(connection, [...queries, EMPTY_QUERY], policy.cancelTimeoutMillis)
  if (tracker.state !== 'idle') throw new RefusedError(`The session is ${tracker.state} after its reset`)
  if (isInTransaction) counters.rollbacks++
  if (policy.resetQuery !== '') counters.resets++
  return { openTransaction }
}

/**
 * Stops what runs on a connection that is to be closed: the server would go on with it, and have one connection more
 * than the pool knows of. Never rejects.
 */
export async function abandon(
  connection: ServerConnection,
  { cancelTimeoutMillis }: SettlePolicy,
  counters: Counters,
): Promise<void> {
  const { state } = connection.tracker
  if (state !== 'busy' && state !== 'unknown') return
  if (state === 'busy') return await stopQueries(connection, cancelTimeoutMillis, counters).catch(() => {})
  counters.cancels++
  await cancelUntilClosed(connection, cancelTimeoutMillis)
}

/** A cancel that comes between two queries does nothing: it is sent again after this. */
const CANCEL_AGAIN_MILLIS = 20

/** Where nobody knows what runs, or whether the server has read of it yet. It closes once it has come to the end. */
async function cancelUntilClosed(connection: ServerConnection, timeoutMillis: number): Promise<void> {
  const deadline = performance.now() + timeoutMillis
  connection.close(timeoutMillis)
  do {
    await connection.cancels.send(deadline - performance.now()).catch(() => {})
    await Promise.race([connection.closed, delay(CANCEL_AGAIN_MILLIS)])
  } while (connection.isOpen && performance.now() < deadline)
}

/**
 * Cancels until no answer is owed: a cancel stops one query, and more may have been sent behind it.
 */
async function stopQueries(
  connection: ServerConnection,
  timeoutMillis: number,
  counters: Counters,
): Promise<void> {
  const { tracker } = connection
  const deadline = performance.now() + timeoutMillis
  const inStep = nextInStep(connection, timeoutMillis)
  // A rejection is seen where it is awaited, at the end.
  inStep.catch(() => {})
  sendWhatIsMissing(connection)
  connection.resume()
  const aMoment = () => Promise.race([inStep.catch(() => {}), delay(CANCEL_AGAIN_MILLIS)])
  // The server sends an error ahead of the end of its answer, and who sees it may release at once.
  if (tracker.failed) await aMoment()
  if (tracker.state === 'busy') counters.cancels++
  while (connection.isOpen && tracker.state === 'busy' && performance.now() < deadline) {
    await connection.cancels.send(deadline - performance.now()).catch(() => {})
    await aMoment()
  }
  await inStep
}

/** Resolves when nothing is owed any more. */
function nextInStep(connection: ServerConnection, timeoutMillis: number): Promise<void> {
  const late = `Its query did not stop within ${timeoutMillis} ms`
  return untilAnswered(connection, timeoutMillis, late, () => {
    sendWhatIsMissing(connection)
    const { state } = connection.tracker
    if (state === 'unknown') return new Error('The connection is out of step')
    return state === 'busy' ? 'not yet' : 'done'
  })
}

/**
 * What a cancel does not do: it ends no COPY that waits for data, and brings no answer to messages that no Sync follows. A Sync
 * alone would commit what these have done, as of a cursor that writes.
 * Either may become due only now, by an answer that was still to come.
 */
function sendWhatIsMissing(connection: ServerConnection): void {
  const { tracker } = connection
  if (connection.isOpen && tracker.copy === 'in') connection.send(copyFailMessage('The lease is over'))
  if (connection.isOpen && tracker.unsynced) connection.send(undoAndSync)
}
