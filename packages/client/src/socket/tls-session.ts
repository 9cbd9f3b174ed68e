import { type Address, mustHaveOpenSsl, type OpenSsl } from './openssl.js'

/** Results of `SSL_get_error`. */
const [WANT_READ, ZERO_RETURN] = [2, 6]

/** The most that one record holds (RFC 8446, section 5.1; TLS 1.2 is the same). */
const RECORD_BYTES = 16 * 1024

/** Of more than this the caller gets a buffer of its own. */
const COMMON_BYTES = 32 * 1024

/** For the rest: what is opened is dealt with before the next is, whichever session it is of. */
const openedBuffer = Buffer.allocUnsafeSlow(COMMON_BYTES + RECORD_BYTES)

const NOTHING = Buffer.alloc(0)

/**
 * A TLS session of OpenSSL's between two buffers: it seals what is to be sent and opens what has come, and knows of no
 * socket. All its state is where its address is, so it can go from one thread to another; it may be used by one at a time,
 * and by nobody once it is freed.
 */
export class TlsSession {
  readonly address: Address
  /** Of this thread. */
  readonly #ssl: OpenSsl
  readonly #incoming: Address
  readonly #outgoing: Address

  /** @throws Error where OpenSSL cannot be called. */
  constructor(address: Address) {
    this.address = address
    this.#ssl = mustHaveOpenSsl()
    this.#incoming = this.#ssl.SSL_get_rbio(address)
    this.#outgoing = this.#ssl.SSL_get_wbio(address)
  }

  /** @throws Error when the session is over. */
  seal(bytes: Buffer): Buffer {
    if (bytes.byteLength === 0) return NOTHING
    this.#ssl.ERR_clear_error()
    const count = this.#ssl.SSL_write(this.address, bytes, bytes.byteLength)
    if (count !== bytes.byteLength) throw this.#error(count)
    return this.#outgoingBytes()
  }

  /**
   * What of this and of what came before is whole.
   * @param sealed all of it is taken, and may be overwritten when this returns.
   * @returns bytes that are the caller's own only if `isOwn`; else they are good until the next call in this thread.
   * @throws Error when the session is over, or what has come is not what the other side has sealed.
   */
  open(sealed: Buffer): { bytes: Buffer; isOwn: boolean } {
    this.#take(sealed)
    const isOwn = sealed.byteLength > COMMON_BYTES
    // OpenSSL may hold the most of a record that ends here.
    const buffer = isOwn ? Buffer.allocUnsafeSlow(sealed.byteLength + RECORD_BYTES) : openedBuffer
    let end = 0
    for (;;) {
      const rest = end === 0 ? buffer : buffer.subarray(end)
      this.#ssl.ERR_clear_error()
      const count = this.#ssl.SSL_read(this.address, rest, rest.byteLength)
      if (count > 0) end += count
      else if (this.#isWaiting(count)) return { bytes: buffer.subarray(0, end), isOwn }
      else throw this.#error(count)
    }
  }

  /** Goes on with the handshake: what comes out of it is to be sent. @throws Error when it has failed. */
  shakeHands(sealed: Buffer): { state: 'done' | 'waiting'; outgoing: Buffer } {
    this.#take(sealed)
    this.#ssl.ERR_clear_error()
    const result = this.#ssl.SSL_do_handshake(this.address)
    if (result !== 1 && !this.#isWaiting(result)) throw this.#error(result)
    return { state: result === 1 ? 'done' : 'waiting', outgoing: this.#outgoingBytes() }
  }

  free(): void {
    this.#ssl.SSL_free(this.address)
  }

  #take(sealed: Buffer): void {
    if (sealed.byteLength === 0) return
    const count = this.#ssl.BIO_write(this.#incoming, sealed, sealed.byteLength)
    if (count !== sealed.byteLength) throw new Error('OpenSSL has no memory left')
  }

  #outgoingBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#ssl.BIO_ctrl_pending(this.#outgoing))
    if (bytes.byteLength > 0) this.#ssl.BIO_read(this.#outgoing, bytes, bytes.byteLength)
    return bytes
  }

  /** Whether it has only to wait for what comes; also for nothing more, which the socket will tell. */
  #isWaiting(result: number): boolean {
    const error = this.#ssl.SSL_get_error(this.address, result)
    return error === WANT_READ || error === ZERO_RETURN
  }

  /** With the code that Node gives to the same. */
  #error(result: number): Error {
    const reason =
      this.#ssl.ERR_reason_error_string(this.#ssl.ERR_get_error()) ??
      `error ${this.#ssl.SSL_get_error(this.address, result)}`
    const code = `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
    return Object.assign(new Error(`The TLS session is broken: ${reason}`), { code })
  }
}
