import { randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { LeaseOptions } from '../lease/contract.js'
import type { SendCallback } from '../lease/lease-path.js'
import { LeaseStream } from '../lease/lease-stream.js'
import { threadLink } from '../lease/thread-link.js'
import { frontendTypes, Terminate } from '../protocol/frontend-types.js'
import { MessageScanner } from '../protocol/message-scanner.js'
import { type BackendKey, notEncrypted, readStartUp, refused, started } from '../protocol/start-up.js'
import { checkSocket } from './option-checks.js'

/**
 * A socket to Postgres for libraries that speak the protocol themselves: it answers the start-up by itself, and is a lease
 * from then on. The first bytes after the start-up open it; `end`, `destroy` or the client's goodbye give the connection
 * back. Whatever user, password or database the library sends, the lease's connection is the broker's.
 *
 * ```ts
 * const sql = postgres({ socket: () => leaseSocket({ database: 'replica' }), max: 1 })
 * ```
 *
 * It fails with the errors of a lease. A start-up is refused that asks for settings: those are the broker's, or a query's.
 * @throws ConfigurationError
 */
export function leaseSocket(options: LeaseOptions = {}): Duplex {
  checkSocket(options)
  return new LeaseSocket(options)
}

/** Settings that are known without asking the server, whose start-up is long over. */
const SETTINGS = { client_encoding: 'UTF8', integer_datetimes: 'on', standard_conforming_strings: 'on' }

/** What a start-up may say: all but the encoding are the broker's to choose, and are not looked at. */
const PARAMETERS: Readonly<Record<string, (value: string) => boolean>> = {
  user: () => true,
  database: () => true,
  application_name: () => true,
  client_encoding: (value) => /^'?utf-?8'?$/i.test(value),
}

/** SQLSTATE `feature_not_supported`. */
const NOT_SUPPORTED = '0A000'

/** The thread's sessions that can be cancelled, by their keys. */
const sessions = new Map<string, LeaseSocket>()
let lastProcessId = 0

/**
 * - `starting`: the bytes so far are no whole message;
 * - `in session`: messages pass to the server;
 * - `over`: what is still written goes nowhere.
 */
type State = { is: 'starting'; bytes: Buffer } | { is: 'in session' | 'over' }

class LeaseSocket extends LeaseStream {
  #state: State = { is: 'starting', bytes: Buffer.alloc(0) }
  readonly #scanner = new MessageScanner(frontendTypes)
  /** Not the server's: which connection the lease will have is not known at its start-up. */
  readonly #key: BackendKey = { processId: ++lastProcessId, secret: randomInt(2 ** 32) }

  constructor(options: LeaseOptions) {
    super(threadLink(), { ...options, database: options.database ?? 'default' }, false)
    // A library that has let go of its socket hears of nothing, and its thread must not end for that.
    this.on('error', () => {})
  }

  /** As of `net.Socket`. */
  get readyState(): 'open' | 'readOnly' | 'closed' {
    if (this.destroyed) return 'closed'
    return this.writableEnded ? 'readOnly' : 'open'
  }

  /** As of `net.Socket`, whatever the address. */
  override connect(...call: unknown[]): this {
    const listener = call.at(-1)
    if (typeof listener === 'function') this.once('connect', listener as () => void)
    process.nextTick(() => this.emit('connect'))
    return this
  }

  override _write(chunk: Buffer, encoding: string, callback: SendCallback): void {
    switch (this.#state.is) {
      case 'starting':
        this.#state.bytes = Buffer.concat([this.#state.bytes, chunk])
        return this.#start(encoding, callback)
      case 'in session':
        return this.#pass(chunk, encoding, callback)
      case 'over':
        return callback()
    }
  }

  override _destroy(error: Error | null, callback: SendCallback): void {
    this.#state = { is: 'over' }
    sessions.delete(idOf(this.#key))
    super._destroy(error, callback)
  }

  #start(encoding: string, callback: SendCallback): void {
    try {
      while (this.#state.is === 'starting') {
        const found = readStartUp(this.#state.bytes)
        if (found === undefined) return callback()
        const rest = this.#state.bytes.subarray(found.length)
        this.#state.bytes = rest
        const { message } = found
        if (message.is === 'encryption request') this.#answer(notEncrypted)
        else if (message.is === 'cancel request') this.#cancel(message)
        else this.#begin(message.parameters)
        if (this.#state.is !== 'starting' && rest.byteLength > 0) return this._write(rest, encoding, callback)
      }
    } catch (error) {
      return void this.destroy(error as Error)
    }
    callback()
  }

  #begin(parameters: ReadonlyMap<string, string>): void {
    for (const [name, value] of parameters) {
      if (PARAMETERS[name]?.(value)) continue
      const why = `A lease does not take ${name} = "${value}": set it in the broker's database, or by a query.`
      this.#answer(refused(NOT_SUPPORTED, why))
      return this.#hangUp()
    }
    this.#state = { is: 'in session' }
    sessions.set(idOf(this.#key), this)
    this.#answer(started(this.#key, SETTINGS))
  }

  /** As of the server: the connection ends without an answer, whether the key is right or not. */
  #cancel(key: BackendKey): void {
    sessions.get(idOf(key))?.cancel()
    this.#hangUp()
  }

  #pass(chunk: Buffer, encoding: string, callback: SendCallback): void {
    let count: number
    try {
      count = this.#untilGoodbye(chunk)
    } catch (error) {
      return void this.destroy(error as Error)
    }
    if (count === chunk.byteLength) return super._write(chunk, encoding, callback)
    const done: SendCallback = (error) => {
      this.#hangUp()
      callback(error)
    }
    if (count === 0) done()
    else super._write(chunk.subarray(0, count), encoding, done)
  }

  /** How many bytes are in front of a Terminate: to close the connection is the pool's. The first byte of one is enough. */
  #untilGoodbye(chunk: Buffer): number {
    const scanner = this.#scanner
    let boundary = 0
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
      if (scanner.type === Terminate) return boundary
      boundary = at
    }
    return !scanner.atBoundary && scanner.type === Terminate ? boundary : chunk.byteLength
  }

  #hangUp(): void {
    this.#state = { is: 'over' }
    sessions.delete(idOf(this.#key))
    this.release('release')
    this.#answer(null)
  }

  /** As from a server: not while the client writes. */
  #answer(bytes: Buffer | null): void {
    process.nextTick(() => this.push(bytes))
  }
}

function idOf({ processId, secret }: BackendKey): string {
  return `${processId} ${secret}`
}
