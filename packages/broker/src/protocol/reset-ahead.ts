import { flushMessage, unsyncedQuery } from './messages.js'

/** The reset that can travel ahead of other messages: a statement that the server commits as soon as it is done. */
export const RESET_AHEAD = 'DISCARD ALL'

/**
 * The first major version of PostgreSQL in which every release commits such a statement at once. Before, it could share
 * the transaction of what follows, and be undone with it.
 */
const FIRST_MAJOR = 15

/** @param serverVersion as the server reports it, such as `18.4 (Debian 18.4-1)` */
export function canResetAhead(serverVersion: string): boolean {
  return Number.parseInt(serverVersion, 10) >= FIRST_MAJOR
}

const resetMessages = unsyncedQuery(RESET_AHEAD)
const flushedMessages = Buffer.concat([resetMessages, flushMessage])

/**
 * The reset and what travels behind it, for one write.
 * @param isAnswered whether `messages` bring an answer by themselves: else the server is asked for that of the reset.
 */
export function behindReset(messages: Uint8Array, isAnswered: boolean): Buffer {
  return Buffer.concat([isAnswered ? resetMessages : flushedMessages, messages])
}
