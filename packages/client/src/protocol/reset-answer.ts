import { ProtocolError } from '../errors.js'
import * as Backend from './backend-types.js'
import { MessageScanner } from './message-scanner.js'

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
