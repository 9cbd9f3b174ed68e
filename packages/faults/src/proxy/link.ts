import type { Socket } from 'node:net'
import { PASS, Stretch } from './stretch.js'

/** CancelRequest: its length, and a number that is no protocol's (chapter 54.7 of the PostgreSQL documentation). */
const CANCEL_REQUEST = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46])

/** A client's connection and the one to the server that it goes on with. */
export class Link {
  readonly toServer: Stretch
  readonly toClient: Stretch
  readonly #client: Socket
  readonly #server: Socket
  /** Whether it came to cancel a query, as far as that can be seen: with TLS it cannot. */
  isCancel = false
  readonly since = performance.now()

  constructor(client: Socket, server: Socket) {
    this.#client = client
    this.#server = server
    client.once('data', (chunk: Buffer) => {
      this.isCancel = chunk.subarray(0, CANCEL_REQUEST.length).equals(CANCEL_REQUEST)
    })
    this.toServer = new Stretch(client, server, () => this.cut())
    this.toClient = new Stretch(server, client, () => this.cut())
    client.on('error', () => this.#broken(this.toServer, server))
    server.on('error', () => this.#broken(this.toClient, client))
  }

  /** By which the server knows it: `client_port` of `pg_stat_activity`. */
  get serverPort(): number | undefined {
    return this.#server.localPort
  }

  /** Whether the client has said nothing of an end. */
  get isClientOpen(): boolean {
    return !this.#client.readableEnded && !this.#client.destroyed
  }

  get isOver(): boolean {
    return this.#client.closed && this.#server.closed
  }

  /** Breaks it, which both sides notice. */
  cut(): void {
    for (const socket of [this.#client, this.#server]) abort(socket)
  }

  /** One side is told that no more comes, and may still send. */
  halfClose(side: 'client' | 'server'): void {
    const socket = side === 'client' ? this.#client : this.#server
    if (socket.writable) socket.end()
  }

  /** Everything passes again; where something was lost, the connection breaks. */
  heal(): void {
    if (this.toServer.hasLost || this.toClient.hasLost) return this.cut()
    this.toServer.manner = PASS
    this.toClient.manner = PASS
  }

  /** The one side is gone: so is the other, unless nothing gets through. */
  #broken(stretch: Stretch, other: Socket): void {
    if (stretch.isSilent) stretch.hasLost = true
    else abort(other)
  }
}

function abort(socket: Socket): void {
  // Only of TCP a reset can be sent; and one that is just ending would never be closed by it, nor let the process end.
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket.remoteAddress === undefined || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}
