import type { Duplex } from 'node:stream'
import pg from 'pg'
import { DatabaseError } from 'pg-protocol'
import type { KeepingSpan } from '../lease/contract.js'
import { Parse, Query, Sync } from '../protocol/frontend-types.js'
import type { Message } from '../protocol/row-parser.js'
import { AnswerGroups } from './answer-groups.js'
import { ForeignBytes } from './foreign-bytes.js'
import { KeptQuery, OUTDATED } from './kept-query.js'
import { type KeptSource, LastingStatements } from './lasting-statements.js'
import { knownPg, type PgQueues } from './pg-client.js'
import { kindOf, kindOfQuery, type StatementKind } from './repeatable.js'
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
export interface ClientStream extends Duplex, KeptSource {
  /** Writes what the connection knows of. */
  send(message: Buffer): boolean
  /** The server has said that it closes the connection. */
  ends(lastWord: Error): void
}

/** `pg.Connection`, of which the types tell little. */
const UntypedConnection = pg.Connection as unknown as new (config: {
  stream: ClientStream
}) => InstanceType<typeof pg.Connection> & {
  /** Whether somebody listens to every message. */
  readonly _emitMessage: boolean
  readonly stream: ClientStream
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
  /** For how long the server may keep what repeats. Undefined where it may not, or that is not known yet. */
  readonly #keepingSpan: () => KeepingSpan | undefined
  readonly #groups = new AnswerGroups()
  readonly #statements = new Statements(this.#groups)
  readonly #lasting: LastingStatements
  /** The name of what was to be parsed without one: what refers to that refers to this. */
  #unnamed: string | undefined
  /** What the server calls the statements of the user's own names, where they outlive the lease: another may use those names. */
  #names: Map<string, string> | undefined
  /** Not bound yet. */
  #kept: KeptQuery | undefined
  /** Whether the Parse that is sent now is one of this connection's. */
  #isParsing = false
  #foreign: ForeignBytes | undefined

  constructor(stream: ClientStream, keepingSpan: () => KeepingSpan | undefined) {
    super({ stream })
    this.#keepingSpan = keepingSpan
    this.#lasting = new LastingStatements(stream, this.#groups)
  }

  /** The lease has a connection. */
  granted(): void {
    this.#lasting.granted()
  }

  /**
   * Something was written past this connection. A statement of it may have any name, also one by which others are known, so
   * none outlives the lease.
   */
  foreign(bytes: unknown): void {
    this.#foreign ??= new ForeignBytes()
    if (!this.#foreign.areHarmless(bytes)) this.#lasting.spoil()
  }

  override _send(message: Buffer): boolean {
    const type = message[0]!
    if (type === Sync || type === Query) this.#groups.sent()
    else if (type === Parse && !this.#isParsing) this.#lasting.spoil()
    this.#kept?.sends(message, type === Sync)
    return this.stream.writable && this.stream.send(message)
  }

  /**
   * Where the database's reset leaves prepared statements, there may be one of this name of a lease before, which this client
   * does not know: the new one takes its place. To close one that there is not does nothing.
   */
  override parse(statement: Statement): void {
    const use = statement.name ? this.#useNamed(statement) : this.#use(statement)
    this.#unnamed = statement.name ? undefined : use?.name
    if (use === undefined) return this.#parseAsIs(statement)
    if (statement.name) this.#rename(statement.name, use.name)
    for (const name of use.dropped ?? []) this.close({ type: 'S', name })
    if (use.is !== 'kept') this.#parseNamed({ ...statement, name: use.name })
    if (use.is === 'new' || this.client === undefined || this.client.pipeline) return
    const isInTransaction = this.client._txStatus !== 'I'
    this.#kept = new KeptQuery({ text: statement.text, name: use.name }, isInTransaction)
  }

  override bind(portal: StatementUse): void {
    if (portal.statement) portal.statement = this.#names?.get(portal.statement) ?? portal.statement
    else if (this.#unnamed !== undefined) portal.statement = this.#unnamed
    super.bind(portal)
  }

  override describe(what: { type: 'S' | 'P'; name?: string }): void {
    const isUnnamed = this.#unnamed !== undefined && what.type === 'S' && !what.name
    super.describe(isUnnamed ? { type: 'S', name: this.#unnamed! } : what)
  }

  override query(text: string): void {
    this.#unnamed = undefined
    this.#passes(kindOfQuery(text))
    super.query(text)
  }

  #parseAsIs(statement: Statement): void {
    if (!statement.name) return this.#sendParse(statement)
    this.#names?.delete(statement.name)
    this.#parseNamed(statement)
  }

  #rename(name: string, onServer: string): void {
    this.#names ??= new Map()
    this.#names.set(name, onServer)
  }

  #parseNamed(statement: Statement): void {
    this.close({ type: 'S', name: statement.name! })
    this.#sendParse(statement)
  }

  #sendParse(statement: Statement): void {
    this.#isParsing = true
    try {
      super.parse(statement)
    } finally {
      this.#isParsing = false
    }
  }

  #use({ text, types }: Statement): Use | undefined {
    // A cursor comes back to the server before it is over.
    const { client } = this
    const query = client?._activeQuery
    const isWhole =
      client?.pipeline || (query instanceof knownPg.Query && !(query as { rows?: unknown }).rows)
    const span = this.#keepingSpan()
    if (!isWhole || Array.isArray(types) || span === undefined) {
      this.#passes(kindOf(text))
      return undefined
    }
    if (span === 'connection' && !this.#lasting.isSpoilt)
      return this.#lasting.use(text, false, !client!.pipeline)
    return this.#statements.use(text)
  }

  /** Its client has asked the server to cancel what runs. */
  cancels(): void {
    if (this.#kept !== undefined) this.#kept.isCancelled = true
  }

  #useNamed({ text, types }: Statement): Use | undefined {
    const canLast = this.#keepingSpan() === 'connection' && !this.#lasting.isSpoilt
    const use =
      canLast && !Array.isArray(types) ? this.#lasting.use(text, true, !this.client?.pipeline) : undefined
    if (use !== undefined) return use
    // The server is to have it by the user's own name, which may be any: also one of those that outlive the lease.
    this.#lasting.spoil()
    this.#passes(Array.isArray(types) ? 'changing' : kindOf(text))
    return undefined
  }

  /** A statement is sent as it is. */
  #passes(kind: StatementKind): void {
    if (kind === 'changing') this.#lasting.spoil()
    if (kind === 'changing' || kind === 'transaction') this.#statements.forget()
  }

  #refused({ code }: { code?: unknown }): boolean {
    this.#groups.refused()
    const kept = this.#kept
    if (kept === undefined) {
      // Which of a pipeline's queries it was is not known.
      if (this.client?.pipeline && OUTDATED.test(String(code))) this.#passes('changing')
      return false
    }
    this.#statements.forget()
    this.#lasting.outdated(kept.statement.text)
    if (kept.refuse({ code })) return true
    this.#kept = undefined
    return false
  }

  /**
   * A message has come.
   * @returns whether the client is not to hear of it: a query that could not be bound is sent again, with its text.
   */
  protected isRepaired(message: Message): boolean {
    switch (message.name) {
      // The server has not kept it, or not been asked to.
      case 'closeComplete':
      case 'bindComplete':
        this.#kept = undefined
        return false
      case 'error':
        return this.#refused(message as { code?: unknown })
      // A setting has changed, by a function perhaps, and constants of such statements may depend on it.
      case 'parameterStatus':
        this.#passes('changing')
        return false
      case 'readyForQuery':
        this.#groups.answered()
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
