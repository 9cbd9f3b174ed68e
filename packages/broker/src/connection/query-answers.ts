import {
  backendTypes,
  commandComplete,
  MessageMatch,
  MessageScanner,
  RESET_KEEPING,
} from '@pglease/client/internal'

/** The queries of which it is known what they are answered with: the broker's own. */
const TAGS: readonly [query: RegExp, tag: string][] = [
  [/^ROLLBACK$/, 'ROLLBACK'],
  [/^DISCARD ALL$/, 'DISCARD ALL'],
  [/^SELECT (1$|1 WHERE |pg_catalog\.set_config\()/, 'SELECT 1'],
  [/^SET default_transaction_/, 'SET'],
  [/^RESET default_transaction_/, 'RESET'],
]

/** With nothing to execute, so it has an answer that no command has. */
export const EMPTY_QUERY = ''

const EMPTY_QUERY_RESPONSE = Uint8Array.of(0x49, 0, 0, 0, 4)

/** The last message in front of the ReadyForQuery. Undefined where it is not known. */
function completionOf(query: string): Uint8Array | undefined {
  if (query === EMPTY_QUERY) return EMPTY_QUERY_RESPONSE
  const [, tag] =
    TAGS.find(([pattern]) => pattern.test(query)) ?? RESET_KEEPING.find(([text]) => text === query) ?? []
  return tag === undefined ? undefined : commandComplete(tag)
}

/**
 * The answers to simple queries that were sent together. Each is compared with what its query is answered with: a thread that
 * was wrong about where its session stood may have left answers to queries of its own in front, and then the last of these
 * would be taken for that of somebody else.
 */
export class QueryAnswers {
  readonly #scanner = new MessageScanner(backendTypes)
  /** What completes each query; undefined where that is not known. */
  readonly #expected: readonly (MessageMatch | undefined)[]
  /** Of the answer that comes. */
  #index = 0
  #state: 'under way' | 'complete' | 'wrong' = 'under way'

  constructor(queries: readonly string[]) {
    this.#expected = queries.map((query) => {
      const completion = completionOf(query)
      return completion === undefined ? undefined : new MessageMatch(completion)
    })
  }

  /** Whether something has come that the queries are not answered with. */
  get isWrong(): boolean {
    return this.#state === 'wrong'
  }

  /** @throws ProtocolError for what is no message of a server. */
  take(chunk: Uint8Array): void {
    const scanner = this.#scanner
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) this.#message(chunk, at)
    this.#expected[this.#index]?.passed(chunk)
  }

  #message(chunk: Uint8Array, end: number): void {
    const expected = this.#expected[this.#index]
    switch (String.fromCharCode(this.#scanner.type)) {
      case 'C':
      case 'I':
        if (expected === undefined) return
        this.#state = this.#state === 'under way' && expected.endsAt(chunk, end) ? 'complete' : 'wrong'
        return
      case 'Z':
        if (expected !== undefined && this.#state === 'under way') this.#state = 'wrong'
        if (this.#state === 'complete') this.#state = 'under way'
        this.#index++
        return
      default:
        return
    }
  }
}
