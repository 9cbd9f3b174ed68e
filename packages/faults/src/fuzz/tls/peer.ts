import { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket } from 'node:tls'
import { startTls } from '@pglease/broker/internal'
import type { TlsSession } from '@pglease/client/internal'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** What lies between the two ends: sealed bytes, in the hands of whoever asks. */
class Wire extends Duplex {
  /** Sealed by the peer, and not taken yet. */
  #sent: Buffer[] = []

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#sent.push(chunk)
    done()
  }

  takeSealed(): Buffer {
    return Buffer.concat(this.#sent.splice(0))
  }
}

/** A server's end, of Node's own TLS, and a session with it; no socket lies in between. */
export class TlsPeer {
  readonly session: TlsSession
  readonly #wire = new Wire()
  readonly #socket: TLSSocket
  /** What the peer has opened. */
  readonly received: Buffer[] = []
  isBroken = false

  constructor({ cert, key }: Certificate, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
    const secureContext = createSecureContext({ cert, key, maxVersion })
    this.#socket = new TLSSocket(this.#wire as Duplex, { isServer: true, secureContext })
    this.#socket.on('data', (chunk) => this.received.push(chunk))
    this.#socket.on('error', () => {
      this.isBroken = true
    })
    const session = startTls({ ca: cert }, false)
    if (session === undefined) throw new Error('OpenSSL cannot be called here')
    this.session = session
  }

  /** The peer seals these; returned is what goes over the wire. */
  async seal(bytes: Buffer): Promise<Buffer> {
    await new Promise((resolve) => this.#socket.write(bytes, resolve))
    return this.#taken()
  }

  /** The peer is given sealed bytes, and answers. */
  async give(sealed: Buffer): Promise<Buffer> {
    if (sealed.length > 0) this.#wire.push(sealed)
    return this.#taken()
  }

  /** @param change what becomes of the peer's records on their way. @throws Error of the session. */
  async shakeHands(change = (records: Buffer) => records): Promise<boolean> {
    let incoming: Buffer = Buffer.alloc(0)
    for (let round = 0; round < 8; round++) {
      const { state, outgoing } = this.session.shakeHands(incoming)
      const answer = await this.give(outgoing)
      if (state === 'done') {
        // The tickets of the session.
        if (answer.length > 0) this.session.open(change(answer))
        return true
      }
      incoming = change(answer)
    }
    return false
  }

  close(): void {
    this.session.free()
    this.#socket.destroy()
    this.#wire.destroy()
  }

  /** The peer works a few turns behind. */
  async #taken(): Promise<Buffer> {
    const found: Buffer[] = []
    for (let turns = 0; turns < 4; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      found.push(this.#wire.takeSealed())
    }
    return Buffer.concat(found)
  }
}
