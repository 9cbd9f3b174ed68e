import { ProtocolError } from '../common/errors.js'
import { once } from '../common/once.js'
import * as Backend from './backend-types.js'
import { commandComplete, MessageMatch } from './command-complete.js'
import { MessageScanner } from './message-scanner.js'
import {
  bindMessage,
  closeMessage,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from './messages.js'

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

/**
 * The same, but that prepared statements and plans stay. In a transaction of its own: else it would share that of what
 * follows, and be undone with it. At `READ COMMITTED`, for a session that makes its transactions serializable and deferrable might
 * have to wait.
 */
export const RESET_KEEPING: readonly [text: string, tag: string][] = [
  ['BEGIN ISOLATION LEVEL READ COMMITTED', 'BEGIN'],
  ['CLOSE ALL', 'CLOSE CURSOR ALL'],
  ['SET SESSION AUTHORIZATION DEFAULT', 'SET'],
  ['RESET ALL', 'RESET'],
  ['UNLISTEN *', 'UNLISTEN'],
  ['SELECT pg_catalog.pg_advisory_unlock_all()', 'SELECT 1'],
  ['DISCARD TEMP', 'DISCARD TEMP'],
  ['DISCARD SEQUENCES', 'DISCARD SEQUENCES'],
  ['COMMIT', 'COMMIT'],
]

interface Form {
  readonly reset: Buffer
  readonly flushed: Buffer
  readonly synced: Buffer
  /** The types of the messages that answer it. */
  readonly answer: Buffer
  /** Those that tell of a command's end. */
  readonly completions: readonly Uint8Array[]
}

/** @param closeAt where the needless Close stands among the messages that make a form another than the next. */
function formOf(statements: readonly [text: string, tag: string][], closeAt?: number): Form {
  const messages = statements.flatMap(([text]) => [parseMessage(text), bindMessage, executeMessage])
  const answer = statements.map(([text]) => (text.startsWith('SELECT') ? '12DC' : '12C')).join('')
  const types = [...answer]
  if (closeAt !== undefined) {
    messages.splice(closeAt, 0, closeMessage)
    types.splice(closeAt, 0, '3')
  }
  return {
    reset: Buffer.concat(messages),
    flushed: Buffer.concat([...messages, flushMessage]),
    synced: Buffer.concat([...messages, syncMessage]),
    answer: Buffer.from(types.join(''), 'latin1'),
    completions: statements.map(([, tag]) => commandComplete(tag)),
  }
}

/** Where the Close stands: a thread's form has none. */
const PLACES = [undefined, 0, 1]

/**
 * All of a kind do the same, and each is answered in a way of its own. A thread sends the first, at the end of a lease. The
 * broker takes turns with the others on a connection: if a thread has left the answer to a reset unread, and is wrong about
 * where its session stood, that answer is not taken for the one to the next reset.
 *
 * Messages without a Sync: if the reset fails, the server discards all that follows, up to a Sync.
 */
const FORMS: readonly (() => Form)[] = [
  ...PLACES.map((closeAt) => once(() => formOf([[RESET_AHEAD, RESET_AHEAD]], closeAt))),
  ...PLACES.map((closeAt) => once(() => formOf(RESET_KEEPING, closeAt))),
]

function formNumber(form: ResetForm): Form {
  return FORMS[form]!()
}

/** Three that drop prepared statements, and three that leave them. */
export type ResetForm = 0 | 1 | 2 | 3 | 4 | 5

/** @param place 0 for a thread, 1 and 2 for the broker. */
export function resetForm(place: 0 | 1 | 2, keepsStatements: boolean): ResetForm {
  return (keepsStatements ? place + PLACES.length : place) as ResetForm
}

/**
 * The reset and what travels behind it, for one write.
 * @param isAnswered whether `messages` bring an answer by themselves: else the server is asked for that of the reset.
 */
export function behindReset(messages: Uint8Array, isAnswered: boolean, form: ResetForm): Buffer {
  const { reset, flushed } = formNumber(form)
  return Buffer.concat([isAnswered ? reset : flushed, messages])
}

/**
 * The reset of a session whose thread keeps it: the server is to be done with it before the next lease.
 * @param isSynced with a Sync the server is idle behind it, and its answer must have come before anything else is sent;
 *   without one it is not, and the next lease's messages may travel behind.
 */
export function resetAtEnd(form: ResetForm, isSynced: boolean): Buffer {
  const { synced, reset } = formNumber(form)
  return isSynced ? synced : reset
}

/** The server did not reset the session, so it has not looked at what travelled behind the reset. */
export class ResetFailedError extends Error {}

const LONGEST_COMPLETION = RESET_KEEPING.map(([, tag]) => commandComplete(tag)).reduce((longest, each) =>
  each.length > longest.length ? each : longest,
)

const READY = Buffer.of(Backend.ReadyForQuery)

/**
 * The answer to a reset that travelled ahead: it ends before the first answer to what travelled behind. It is told from the
 * answer to anything else by its messages and by its command: a thread that was wrong about where its session stood may have
 * left answers to queries of its own in front.
 *
 * Where something travels behind the reset there is no Sync between them, and that keeps a session that is not reset from its
 * next user: "when an error is detected while processing any extended-query message, the backend issues ErrorResponse, then
 * reads and discards messages until a Sync is reached" (PostgreSQL documentation, "Extended Query"). Where there is one,
 * nothing is sent before the answer has come.
 */
export class ResetAnswer {
  readonly #scanner = new MessageScanner(Backend.backendTypes)
  /** The types of its messages. */
  readonly #messages: Uint8Array
  /** How many of them have come. */
  #count = 0
  readonly #completions: readonly Uint8Array[]
  #completed = 0
  readonly #match = new MessageMatch(LONGEST_COMPLETION)

  /** @param isSynced whether the server's ReadyForQuery belongs to it. */
  constructor(form: ResetForm, isSynced = false) {
    const { answer, completions } = formNumber(form)
    this.#messages = isSynced ? Buffer.concat([answer, READY]) : answer
    this.#completions = completions
  }

  /**
   * Takes what the server sends. Notifications and the like among it are of the session's last user.
   * @returns how many bytes of the chunk are the reset's, or -1 when all are and more is to come
   * @throws ResetFailedError, or ProtocolError for what is no answer to a reset
   */
  take(chunk: Uint8Array): number {
    const scanner = this.#scanner
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
      switch (scanner.type) {
        case Backend.ParseComplete:
        case Backend.BindComplete:
        case Backend.CloseComplete:
        case Backend.DataRow:
          this.#expect(scanner.type)
          continue
        case Backend.CommandComplete:
          this.#expect(scanner.type)
          if (!this.#match.endsAt(chunk, at, this.#completions[this.#completed++]!))
            throw notReset(scanner.type)
          if (this.#isOver) return at
          continue
        case Backend.ReadyForQuery:
          this.#expect(scanner.type)
          return at
        case Backend.ErrorResponse:
          throw new ResetFailedError('The server did not reset the session')
        case Backend.NoticeResponse:
        case Backend.ParameterStatus:
        case Backend.NotificationResponse:
          continue
        default:
          throw notReset(scanner.type)
      }
    }
    this.#match.passed(chunk)
    return -1
  }

  get #isOver(): boolean {
    return this.#count === this.#messages.length
  }

  #expect(type: number): void {
    if (this.#messages[this.#count] !== type) throw notReset(type)
    this.#count++
  }
}

function notReset(type: number): ProtocolError {
  return new ProtocolError(`A reset was answered with ${String.fromCharCode(type)}`)
}
