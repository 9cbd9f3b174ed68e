import { ProtocolError } from '../common/errors.js'
import * as Backend from './backend-types.js'
import { MessageScanner } from './message-scanner.js'
import { flushMessage, unsyncedQuery } from './messages.js'

/** The reset that can travel ahead of other messages: a statement that the server commits as soon as it is done. */
export const RESET_AHEAD = 'DISCARD ALL'

/**
 * What a lease has left behind takes about as long to clear away as it took to make. The next lease waits for that behind
 * a reset that travels ahead, and not in the line, where its wait is bounded: so only after leases shorter than this.
 */
export const SHORT_LEASE_MILLIS = 250

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

/** The server did not reset the session, so it has not looked at what travelled behind the reset. */
export class ResetFailedError extends Error {}

/**
 * The answer to a reset that travelled ahead: it ends before the first answer to what travelled behind.
 *
 * The reset is not followed by a Sync of its own, and that keeps a session that is not reset from its next user: "when an
 * error is detected while processing any extended-query message, the backend issues ErrorResponse, then reads and discards
 * messages until a Sync is reached" (PostgreSQL documentation, "Extended Query").
 */
export class ResetAnswer {
  readonly #scanner = new MessageScanner(Backend.backendTypes)

  /**
   * Takes what the server sends. Notifications and the like among it are of the session's last user.
   * @returns how many bytes of the chunk are the reset's, or -1 when all are and more is to come
   * @throws ResetFailedError, or ProtocolError for what is no answer to a reset
   */
  take(chunk: Uint8Array): number {
    const scanner = this.#scanner
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
      switch (scanner.type) {
        case Backend.CommandComplete:
          return at
        case Backend.ErrorResponse:
          throw new ResetFailedError('The server did not reset the session')
        case Backend.ParseComplete:
        case Backend.BindComplete:
        case Backend.NoticeResponse:
        case Backend.ParameterStatus:
        case Backend.NotificationResponse:
          continue
        default:
          throw new ProtocolError(`A reset was answered with ${String.fromCharCode(scanner.type)}`)
      }
    }
    return -1
  }
}
