import type { Duplex } from 'node:stream'
import pg from 'pg'
import { DatabaseError } from 'pg-protocol'
import { Query, Sync } from '../protocol/frontend-types.js'
import type { Message } from '../protocol/row-parser.js'
import { KeptQuery } from './kept-query.js'
import { knownPg, type PgQueues } from './pg-client.js'
import { changesOthers, kindOf } from './repeatable.js'
import { Statements, type Use } from './statements.js'

/** As `pg` has it sent. */
export interface Statement {
  name?: string
  text: string
  types?: unknown
}

/** Of a statement without a name where there is none. */
interface StatementUse {
  statement?: string
}

/** What a connection knows of its client. */
export interface Client extends PgQueues {
  readonly pipeline: boolean
}

/** What a connection needs of its stream. */
export interface ClientStream extends Duplex {
  /** The server has said that it closes the connection. */
  ends(lastWord: Error): void
}

/** `pg.Connection`, of which the types tell little. */
const UntypedConnection = pg.Connection as unknown as new (config: {
  stream: ClientStream
}) => InstanceType<typeof pg.Connection> & {
  /** Whether somebody listens to every message. */
  readonly _emitMessage: boolean
  attachListeners(stream: ClientStream): void
  bind(portal: StatementUse): void
  close(what: { type: 'S'; name: string }): void
  describe(what: { type: 'S' | 'P'; name?: string }): void
  parse(statement: Statement): void
  query(text: string): void
  _send(message: Buffer): boolean
  end(): void
}

/** A connection that has the server keep what its client sends over and over. */
export class PreparingConnection extends UntypedConnection {
  /** Undefined once nothing comes any more. */
  client: Client | undefined
  /** Whether the server may keep what repeats. */
  readonly #keeps: () => boolean
  readonly #statements = new Statements()
  /** The name of what was to be parsed without one: what refers to that refers to this. */
  #unnamed: string | undefined
  /** Not bound yet. */
  #kept: KeptQuery | undefined

  constructor(stream: ClientStream, keeps: () => boolean) {
    super({ stream })
    this.#keeps = keeps
  }

  override _send(message: Buffer): boolean {
    const type = message[0]!
    if (type === Sync || type === Query) this.#statements.sent()
    this.#kept?.sends(message, type === Sync)
    return super._send(message)
  }

  /**
   * Where the database's reset leaves prepared statements, there may be one of this name of a lease before, which this client
   * does not know: the new one takes its place. To close one that there is not does nothing.
   */
  override parse(statement: Statement): void {
    if (statement.name) {
      if (changesOthers(statement.text)) this.#statements.forget()
      this.#parseNamed(statement)
      return
    }
    const use = this.#use(statement)
    this.#unnamed = use?.name
    if (use === undefined) super.parse(statement)
    else if (!use.isKept) {
      for (const name of use.dropped) this.close({ type: 'S', name })
      this.#parseNamed({ ...statement, name: use.name })
    } else if (this.client?._txStatus === 'I' && !this.client.pipeline)
      this.#kept = new KeptQuery({ text: statement.text, name: use.name })
  }

  override bind(portal: StatementUse): void {
    if (this.#unnamed !== undefined && !portal.statement) portal.statement = this.#unnamed
    super.bind(portal)
  }

  override describe(what: { type: 'S' | 'P'; name?: string }): void {
    const isUnnamed = this.#unnamed !== undefined && what.type === 'S' && !what.name
    super.describe(isUnnamed ? { type: 'S', name: this.#unnamed! } : what)
  }

  override query(text: string): void {
    this.#unnamed = undefined
    if (changesOthers(text)) this.#statements.forget()
    super.query(text)
  }

  #parseNamed(statement: Statement): void {
    this.close({ type: 'S', name: statement.name! })
    super.parse(statement)
  }

  #use({ text, types }: Statement): Use | undefined {
    // A cursor comes back to the server before it is over.
    const { client } = this
    const query = client?._activeQuery
    const isWhole =
      client?.pipeline || (query instanceof knownPg.Query && !(query as { rows?: unknown }).rows)
    if (!isWhole || Array.isArray(types) || !this.#keeps()) {
      if (kindOf(text) === 'changing') this.#statements.forget()
      return undefined
    }
    return this.#statements.use(text)
  }

  /** Its client has asked the server to cancel what runs. */
  cancels(): void {
    if (this.#kept !== undefined) this.#kept.isCancelled = true
  }

  /**
   * A message has come.
   * @returns whether the client is not to hear of it: a query that could not be bound is sent again, with its text.
   */
  protected isRepaired(message: Message): boolean {
    switch (message.name) {
      case 'bindComplete':
        this.#kept = undefined
        return false
      case 'error':
        this.#statements.refused()
        if (this.#kept === undefined) return false
        this.#statements.forget()
        if (this.#kept.refuse(message as { code?: unknown })) return true
        this.#kept = undefined
        return false
      // A setting has changed, by a function perhaps, and constants of such statements may depend on it.
      case 'parameterStatus':
        this.#statements.forget()
        return false
      case 'readyForQuery':
        this.#statements.answered()
        return this.#kept !== undefined && this.#sendAgain(this.#kept)
      default:
        return false
    }
  }

  #sendAgain({ isRefused, isCancelled, statement, messages }: KeptQuery): boolean {
    this.#kept = undefined
    if (!isRefused) return false
    if (isCancelled) {
      this.emit('errorMessage', cancelled())
      return false
    }
    this.stream.cork()
    this.#parseNamed(statement)
    for (const message of messages) this._send(message)
    this.stream.uncork()
    return true
  }
}

/** What the server says to a query that it cancels. Here there was none to cancel: one was refused, and the next is not sent. */
function cancelled(): DatabaseError {
  const error = new DatabaseError('canceling statement due to user request', 0, 'error')
  return Object.assign(error, { severity: 'ERROR', code: '57014' })
}
