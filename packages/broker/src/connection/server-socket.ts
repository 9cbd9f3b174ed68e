import type { Socket } from 'node:net'
import { PlainSocket } from '@pglease/client/internal'
import { LendableSocket } from './lendable-socket.js'
import type { OpenSession } from './open-session.js'

/** Who gets what a socket brings. */
export interface SocketListener {
  /** The bytes are good until this returns. */
  received(bytes: Buffer): void
  /** What was written has left the process, after `write` returned false. */
  drained(): void
  /** It is gone, or is going; may be told more than once. */
  lost(error: Error): void
}

/** The socket of a session that `pg.Client` has opened: the client has no part in it any more. */
export class ServerSocket {
  readonly #socket: Socket
  /** As far as a worker can have it. */
  readonly lendable: LendableSocket
  /** Resolves when it has closed, so that the server counts it no more. */
  readonly closed: Promise<void>
  #isLeaving = false

  constructor({ client, relayReason }: OpenSession, listener: SocketListener) {
    const socket = client.connection.stream
    this.#socket = socket
    this.lendable = new LendableSocket(socket, relayReason === undefined)
    // The client's parser must not see the bytes.
    socket.removeAllListeners('data')
    if (socket instanceof PlainSocket) socket.onBytes = (bytes) => listener.received(bytes)
    else socket.on('data', (bytes: Buffer) => listener.received(bytes))
    socket.on('drain', () => listener.drained())
    client.removeAllListeners('error')
    client.on('error', (error: Error) => listener.lost(error))
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        listener.lost(new Error('The server closed the connection'))
        resolve()
      })
    })
  }

  /** Returns false when the caller should wait for `drained` before it writes more. */
  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes)
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Tells the server that no more comes; it closes, or this does when the time is over. */
  leave(goodbye: Buffer | '', timeoutMillis: number): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    const timer = setTimeout(() => this.#socket.destroy(), timeoutMillis)
    this.#socket.once('close', () => clearTimeout(timer))
    this.resume()
    this.#socket.end(goodbye)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
