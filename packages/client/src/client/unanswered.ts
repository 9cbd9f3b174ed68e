import type { PgQuery, PgQueues } from './pg-client.js'

/** Of a query that was called for a promise: that promise. */
const ANSWER = Symbol('answer')
/** Of a query with a timeout: its callback, which `pg` takes away when the time is over. */
const TIMED = Symbol('timed')

interface NotedQuery extends PgQuery {
  [ANSWER]?: PromiseLike<unknown>
  [TIMED]?: unknown
}

/** How much of a query's text a warning shows. */
const SHOWN_CHARACTERS = 80

/**
 * To be called with what `pg.Client.query` has returned.
 * @param Answer the class of its promises.
 */
export function noteAnswer(
  queues: PgQueues,
  answer: unknown,
  isTimed: boolean,
  Answer: PromiseConstructorLike,
): void {
  const query: NotedQuery | null | undefined =
    queues._queryQueue.at(-1) ?? queues._sentQueryQueue.at(-1) ?? queues._activeQuery
  if (query == null) return
  if (answer instanceof (Answer as PromiseConstructor)) query[ANSWER] ??= answer
  if (isTimed) query[TIMED] ??= query.callback
}

/** The queries that somebody may wait for, in their order. One whose time is over has been answered. */
export function unanswered({ _activeQuery, _sentQueryQueue, _queryQueue }: PgQueues): PgQuery[] {
  const all: NotedQuery[] = [..._sentQueryQueue, ..._queryQueue]
  if (_activeQuery != null) all.unshift(_activeQuery)
  return all.filter((query) => query[TIMED] === undefined || query[TIMED] === query.callback)
}

/** The rejection that is coming does not count as unhandled where nobody awaits it: whoever does still gets it. */
export function excuse(query: NotedQuery): void {
  if (query[ANSWER] !== undefined) query[ANSWER].then(undefined, () => {})
  else query.on?.('error', () => {})
}

/** For people: never its parameters. */
export function beginningOf({ text, name, cursor }: PgQuery): string {
  const whole = [text, cursor?.text, name].find((each) => typeof each === 'string') ?? 'a query without text'
  const line = String(whole).replaceAll(/\s+/g, ' ').trim()
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line
}

/** The queries that the server has refused in this turn of the event loop. */
export class Refused {
  #queries: PgQuery[] = []

  add(query: PgQuery): void {
    if (this.#queries.push(query) > 1) return
    setImmediate(() => {
      this.#queries = []
    })
  }

  /** See `excuse`: Node has not looked at their rejections yet. */
  excuse(): void {
    for (const query of this.#queries) excuse(query)
  }
}
