import { SecureSocket, type TlsSession, type WriteCallback } from '@pglease/client/internal'
import { processMissing } from './passing-error.js'
import { certificateOf, checkServer, nameServer } from './tls-client.js'
import type { TlsOptions } from './tls-options.js'

/** The server and this process's OpenSSL did not come to terms; Node's own TLS may, or says why not. */
export class LeftToNodeError extends Error {}

/** SSLRequest: its length, and a number that is no protocol's (chapter 54.7 of the PostgreSQL documentation). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** In the words of Node. */
function cutShort(): Error {
  const message = 'Client network socket disconnected before secure TLS connection was established'
  return Object.assign(new Error(message), { code: 'ECONNRESET' })
}

/**
 * - `connecting`, then `asking` whether the server speaks TLS, then `shaking hands`: what is written is held;
 * - `secure`: bytes pass both ways;
 * - `lent`: a worker has the session, which must not be touched here; nothing passes;
 * - `freed`: the session is no more.
 */
type State = 'connecting' | 'asking' | 'shaking hands' | 'secure' | 'lent' | 'freed'

/** The pool's end of a connection with TLS, whose session a worker can have together with the socket. */
export class TlsSocket extends SecureSocket {
  readonly #options: TlsOptions
  readonly #isDirect: boolean
  /** Where it is connected to: set before it is. */
  host = ''
  #state: State = 'connecting'
  #held: (() => void) | undefined

  /**
   * @param session of `startTls`; this socket's from now on.
   * @param isDirect whether the server is not asked first.
   */
  constructor(session: TlsSession, options: TlsOptions, isDirect: boolean) {
    super(session)
    this.#options = options
    this.#isDirect = isDirect
    this.once('connect', () => this.#begin())
    this.once('end', () => this.#ended())
    this.once('close', () => this.#free())
  }

  /** For channel binding. */
  getPeerCertificate(): { raw: Buffer } {
    return { raw: certificateOf(this.session) }
  }

  /** From here on a worker uses the session, until `takeBack`. */
  lend(): void {
    if (this.#state !== 'secure') throw new Error(`The TLS session cannot be lent: it is ${this.#state}`)
    this.#state = 'lent'
  }

  /** The worker uses the session no more. */
  takeBack(): void {
    if (this.#state !== 'lent') return
    this.#state = 'secure'
    if (this.closed) this.#free()
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: WriteCallback): void {
    switch (this.#state) {
      case 'secure':
        return super._write(chunk, encoding, callback)
      case 'lent':
      case 'freed':
        return callback(chunk.length === 0 ? null : new Error(`The TLS session is ${this.#state}`))
      default:
        this.#held = () => super._write(chunk, encoding, callback)
    }
  }

  protected override received(bytes: Buffer): void {
    if (this.#state === 'secure') super.received(bytes)
    else if (this.#state === 'asking') this.#answered(bytes)
    else if (this.#state === 'shaking hands') this.#shakeHands(bytes)
  }

  #free(): void {
    if (this.#state === 'lent' || this.#state === 'freed') return
    this.#state = 'freed'
    this.session.free()
  }

  /** What is held would wait for ever, and the socket with it. */
  #ended(): void {
    if (this.#state === 'shaking hands') this.destroy(cutShort())
    else if (this.#state === 'asking') this.destroy()
  }

  #begin(): void {
    if (this.#isDirect) return this.#beginHandshake()
    this.#state = 'asking'
    this.writeSealed(SSL_REQUEST, () => {})
  }

  /** A single letter: what came behind it in clear could be anybody's (CVE-2021-23222). */
  #answered(bytes: Buffer): void {
    if (bytes.toString('latin1') === 'S') this.#beginHandshake()
    else this.destroy(processMissing(bytes) ?? new LeftToNodeError('The server does not speak TLS'))
  }

  #beginHandshake(): void {
    this.#state = 'shaking hands'
    nameServer(this.session, this.#options, this.host)
    this.#shakeHands(Buffer.alloc(0))
  }

  #shakeHands(bytes: Buffer): void {
    try {
      const { state, outgoing } = this.session.shakeHands(bytes)
      if (state === 'done') checkServer(this.session, this.#options, this.host)
      if (outgoing.byteLength > 0) this.writeSealed(outgoing, () => {})
      if (state === 'waiting') return
    } catch (error) {
      this.destroy(new LeftToNodeError('The TLS handshake failed', { cause: error }))
      return
    }
    this.#state = 'secure'
    this.#held?.()
    this.#held = undefined
    // What came behind the handshake.
    super.received(Buffer.alloc(0))
  }
}
