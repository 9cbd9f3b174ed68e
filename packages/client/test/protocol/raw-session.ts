import type { Socket } from 'node:net'
import pg from 'pg'
import { backendTypes } from '../../src/protocol/backend-types.js'
import { MessageScanner } from '../../src/protocol/message-scanner.js'
import { SessionTracker } from '../../src/protocol/session-tracker.js'

/** A session with a real server, spoken message by message under the eyes of a tracker. */
export class RawSession {
  readonly tracker = new SessionTracker()
  readonly #socket: Socket
  readonly #scanner = new MessageScanner(backendTypes)
  #types = ''
  #closed = false
  #wake = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.removeAllListeners('data')
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  static async open(connectionString: string): Promise<RawSession> {
    const client = new pg.Client({ connectionString }) as pg.Client & { connection: { stream: Socket } }
    client.on('error', () => {})
    await client.connect()
    return new RawSession(client.connection.stream)
  }

  get closed(): boolean {
    return this.#closed
  }

  send(...messages: Buffer[]): void {
    const bytes = Buffer.concat(messages)
    this.#socket.write(bytes.subarray(0, this.tracker.sent(bytes)))
  }

  /** Resolves when the condition holds, or when the connection is closed. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The type bytes of the messages received since the last call, asynchronous ones left out. */
  takeTypes(): string {
    const types = this.#types
    this.#types = ''
    return types
  }

  async end(): Promise<void> {
    this.#socket.destroy()
    await this.until(() => this.#closed)
  }

  #receive(chunk: Buffer): void {
    this.tracker.received(chunk)
    const scanner = this.#scanner
    for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) {
      const type = String.fromCharCode(scanner.type)
      if (!'NSA'.includes(type)) this.#types += type
    }
    this.#wake()
  }
}
