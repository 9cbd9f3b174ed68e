import { BrokerClosedError, LeaseLostError, LeaseRevokedError } from '../common/errors.js'
import { withUnknownOutcome } from '../lease/lease-errors.js'
import type { PgQuery, PgQueues } from './pg-client.js'
import { mayBeSeveral, withoutComments } from './statement-text.js'

/** First words of statements that leave nothing behind on a connection that is gone. */
const HARMLESS =
  /^(select|values|table|show|explain|fetch|move|begin|start|savepoint|release|rollback|abort|set|reset|declare|close|prepare(?!\s+transaction)|deallocate|listen|unlisten|discard|lock)\b/i

/** Of those that end a transaction so that its work stays, also where an error has been in it. */
const COMMITS = /^(commit|end|prepare\s+transaction)\b/i

/** Of a lease that has ended on its own. */
const CUTS = [LeaseLostError, LeaseRevokedError, BrokerClosedError]

/** Notes on the error of a lease that is lost, or taken back, whether its outcome is known. */
export function noteOutcome(error: Error, queues: PgQueues): void {
  const isCut = CUTS.some((Cut) => error instanceof Cut)
  if (isCut && mayBeDone(queues)) withUnknownOutcome(error)
}

/**
 * Whether something that was sent may have taken effect, although its answer is lost: a COMMIT, or a statement outside of a
 * transaction that may write. What it calls is not looked at: a SELECT counts as a read.
 */
export function mayBeDone({ _activeQuery, _sentQueryQueue, _txStatus }: PgQueues): boolean {
  const sent = _activeQuery == null ? _sentQueryQueue : [_activeQuery, ..._sentQueryQueue]
  const isInTransaction = _txStatus === 'T' || _txStatus === 'E'
  return sent.some((query) => !isHarmless(query, isInTransaction))
}

function isHarmless({ text, cursor }: PgQuery, isInTransaction: boolean): boolean {
  const whole = text ?? cursor?.text
  if (typeof whole !== 'string' || mayBeSeveral(whole)) return false
  const statement = withoutComments(whole)
  return isInTransaction ? !COMMITS.test(statement) : HARMLESS.test(statement)
}
