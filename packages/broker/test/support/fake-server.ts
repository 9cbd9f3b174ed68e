import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { inject } from 'vitest'
import { message } from '../../../client/test/protocol/wire.js'

/** In place of a version. */
const [CANCEL_REQUEST, SSL_REQUEST] = [80877102, 80877103]

export const READY = message('Z', 'I')

/** What a server says at a start: that the client is let in, its version, how to cancel, and that it is ready. */
export const GREETING = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  message('S', 'server_version\x0018.4\0'),
  message('S', 'client_encoding\0UTF8\0'),
  message('K', Buffer.from([0, 0, 0, 7, 0, 0, 0, 8])),
  READY,
])

const PLAIN_ANSWERS: Record<string, Buffer> = {
  P: message('1'),
  C: message('3'),
  B: message('2'),
  E: message('C', 'DISCARD ALL\0'),
  S: READY,
  p: message('E', 'SFATAL\0C28P01\0Mpassword authentication failed\0\0'),
}

/** To the broker's own queries, whose answers it compares with what they must be. */
const OWN_ANSWERS: Record<string, Buffer> = {
  '': message('I'),
  'DISCARD ALL': message('C', 'DISCARD ALL\0'),
  ROLLBACK: message('C', 'ROLLBACK\0'),
}

export interface FakeAnswers {
  /** To the start-up message. Default: `GREETING`. */
  greeting?: Buffer
  /** Whether that is all, and the server closes. */
  endsBehindGreeting?: boolean
  /** To an SSLRequest. Default: TLS with the tests' certificate. */
  toSslRequest?: Buffer
  /** To a simple query. Default: that it is done. */
  toQuery?(text: string): Buffer
  /** Whether that is the last it says. */
  endsBehind?(text: string): boolean
  /** To a CancelRequest. Default: it is closed without a word. */
  toCancel?: Buffer
}

/** Speaks as much of the protocol as a lease needs, and says what a test makes up. */
export class FakeServer {
  answers: FakeAnswers = {}
  readonly #listener = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  readonly #sockets = new Set<Socket>()
  /** The simple queries that have come. */
  readonly queries: string[] = []
  /** How many CancelRequests have come. */
  cancels = 0

  static async start(answers: FakeAnswers = {}): Promise<FakeServer> {
    const server = new FakeServer()
    server.answers = answers
    await once(server.#listener.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }

  get connectionString(): string {
    return `postgres://somebody:secret@127.0.0.1:${this.port}/something`
  }

  /** How many clients have not gone yet. */
  get connections(): number {
    return this.#sockets.size
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    this.#converse(socket, socket)
  }

  #converse(raw: Socket, socket: Socket): void {
    let held = Buffer.alloc(0)
    let isStarted = false
    const receive = (bytes: Buffer) => {
      held = Buffer.concat([held, bytes])
      for (;;) {
        const header = isStarted ? 1 : 0
        if (held.length < header + 4) return
        const end = header + held.readInt32BE(header)
        if (held.length < end) return
        const one = held.subarray(0, end)
        held = held.subarray(end)
        if (isStarted) {
          this.#answer(socket, one)
        } else if (one.readInt32BE(4) === SSL_REQUEST && this.answers.toSslRequest === undefined) {
          socket.off('data', receive)
          return this.#speakTls(raw)
        } else {
          isStarted = true
          socket.write(this.#greet(one))
          if (this.answers.endsBehindGreeting) socket.end()
        }
      }
    }
    socket.on('data', receive)
  }

  #greet(first: Buffer): Buffer {
    const { greeting = GREETING, toSslRequest = READY, toCancel = Buffer.alloc(0) } = this.answers
    switch (first.readInt32BE(4)) {
      case SSL_REQUEST:
        return toSslRequest
      case CANCEL_REQUEST:
        this.cancels++
        return toCancel
      default:
        return greeting
    }
  }

  #speakTls(raw: Socket): void {
    raw.write('S')
    const secure = new TLSSocket(raw, { isServer: true, ...inject('certificate') })
    secure.on('error', () => {})
    this.#converse(raw, secure)
  }

  #answer(socket: Socket, one: Buffer): void {
    const type = String.fromCharCode(one[0]!)
    if (type === 'X') socket.end()
    else if (type === 'Q') this.#toQuery(socket, one.toString('utf8', 5, one.length - 1))
    else socket.write(PLAIN_ANSWERS[type] ?? '')
  }

  #toQuery(socket: Socket, text: string): void {
    this.queries.push(text)
    const own = OWN_ANSWERS[text]
    if (own !== undefined) return void socket.write(Buffer.concat([own, READY]))
    socket.write(this.answers.toQuery?.(text) ?? Buffer.concat([message('C', 'SELECT 0\0'), READY]))
    if (this.answers.endsBehind?.(text)) socket.end()
  }
}
