import { ConfigurationError } from '../common/errors.js'
import { Bind, Close, Describe, Execute, Parse } from '../protocol/frontend-types.js'
import { type Message, RowParser } from '../protocol/row-parser.js'
import { knownPg } from './pg-client.js'
import { type ClientStream, PreparingConnection, type Statement } from './preparing-connection.js'
import { withComment } from './task-comment.js'

type Handler = (message: unknown) => void

/** What a leased client handles in a way of its own. */
const OVERRIDDEN: readonly string[] = ['_handleCopyInResponse', '_handleErrorMessage']

/** What `pg.Client` does with each message of the server: read off where it says so, in place of registering it. */
const HANDLERS = handlers()

function handlers(): ReadonlyMap<string, Handler> {
  const found = new Map<string, Handler>()
  const methods = knownPg.Client.prototype as unknown as Record<string, Handler>
  const on = (message: string, { name }: { name: string }) => {
    const method = name.replace('bound ', '')
    const handler = methods[method]
    if (handler === undefined)
      throw new ConfigurationError(
        `This pg handles ${message} in a way that pglease does not know. Install pg 8.23.`,
        {
          option: 'pg',
        },
      )
    found.set(message, OVERRIDDEN.includes(method) ? overridden(method) : handler)
  }
  methods._attachListeners!({ on })
  return found
}

function overridden(method: string): Handler {
  return function (this: unknown, message) {
    ;(this as Record<string, Handler>)[method]!(message)
  }
}

/** Of the message ParameterStatus, without the value: its length, the name, and a zero behind each. */
const PARAMETER_BYTES = 4 + 'server_version'.length + 2

/** Messages that no ReadyForQuery follows before the client sends a Sync. */
const UNSYNCED: readonly number[] = [Parse, Bind, Describe, Execute, Close]

/**
 * The connection of a leased client. `pg.Client` listens to twenty kinds of messages, which is more work than a small query
 * when a client lives for a lease: here they go straight to the client, and then to whoever else listens.
 */
export class LeaseConnection extends PreparingConnection {
  /** Put behind the text of each query, for the server to show; undefined where there is none. */
  comment: string | undefined
  /** Whether it is gone. */
  #isLost = false
  /** The type of the message that was sent last. */
  #sent = 0

  /**
   * It is gone, and nothing answers. `pg-cursor` and `pg-query-stream` wait at a close for the end of an answer, and for nothing
   * else: it has come.
   */
  lost(): void {
    this.#isLost = true
    super.emit('readyForQuery')
  }

  override parse(statement: Statement): void {
    if (this.comment === undefined) super.parse(statement)
    else super.parse({ ...statement, text: withComment(statement.text, this.comment) })
  }

  override query(text: string): void {
    super.query(this.comment === undefined ? text : withComment(text, this.comment))
  }

  override once(event: string | symbol, listener: (...values: never[]) => void): this {
    if (this.#isLost && event === 'readyForQuery') setImmediate(listener)
    return super.once(event, listener as never)
  }

  /** The lease's connection is there, whose start-up is long over: libraries that ask for the server's version hear of it. */
  servedBy(serverVersion: string): void {
    if (this.listenerCount('parameterStatus') === 0) return
    try {
      this.emit('parameterStatus', {
        name: 'parameterStatus',
        length: PARAMETER_BYTES + Buffer.byteLength(serverVersion),
        parameterName: 'server_version',
        parameterValue: serverVersion,
      })
    } catch (error) {
      // What a listener throws is the thread's to hear of, and none of the lease's affair.
      process.nextTick(() => {
        throw error
      })
    }
  }

  /**
   * Nothing comes any more. Without this V8 keeps dead clients, and all that they hold, until it collects more than the
   * young garbage, and that takes it four times as long meanwhile.
   */
  letGo(): void {
    this.client = undefined
    this.removeAllListeners()
  }

  /** Whether the server owes nothing before the client sends a Sync. */
  get isUnsynced(): boolean {
    return UNSYNCED.includes(this.#sent)
  }

  /** The goodbye to the server is the pool's to say. */
  override end(): void {
    this.stream.end()
  }

  override _send(message: Buffer): boolean {
    this.#sent = message[0]!
    return super._send(message)
  }

  /** As of pg, but for the parser. */
  override attachListeners(stream: ClientStream): void {
    const parser = new RowParser()
    const deliver = (message: Message) => {
      if (this.isRepaired(message)) return
      if (this._emitMessage) this.emit('message', message)
      // It ends all queries alike, and the connection.
      if (message === parser.lastWord) stream.ends(message as unknown as Error)
      else this.emit(message.name === 'error' ? 'errorMessage' : message.name, message)
    }
    stream.on('data', (bytes: Buffer) => {
      try {
        parser.parse(bytes, deliver)
      } catch (error) {
        // What a listener of the user's throws is not for here.
        if (error !== parser.fault) throw error
        stream.destroy(parser.fault)
      }
    })
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    const handler = HANDLERS.get(event as string)
    if (handler === undefined) return super.emit(event, ...values)
    if (this.client !== undefined) handler.call(this.client, values[0])
    return this.listenerCount(event) === 0 || super.emit(event, ...values)
  }
}
