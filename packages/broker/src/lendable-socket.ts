import type { Socket } from 'node:net'
import { inodeOf, PlainSocket, type SocketReference } from '@pglease/client/internal'
import { TlsSocket } from './tls-socket.js'

/** A connection's socket, as far as a worker can have it too. */
export class LendableSocket {
  readonly #socket: Socket
  /** Undefined for Node's TLS, whose state is this thread's, and where nothing can be lent. */
  readonly #reference: SocketReference | undefined
  #wasLent = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.#reference = referenceTo(socket)
  }

  /** Undefined when no worker can have it, or not now because something is still to be sent. */
  get reference(): SocketReference | undefined {
    return this.#socket.writableLength === 0 ? this.#reference : undefined
  }

  /** Whether a worker may have a duplicate, used or not: then the server does not see that this one closes. */
  get mayBeDuplicated(): boolean {
    return this.#wasLent
  }

  /** From here on a worker reads and writes, until `takeBack`. */
  lend(): void {
    this.#wasLent = true
    this.#socket.pause()
    if (this.#socket instanceof TlsSocket) this.#socket.lend()
  }

  /** No worker uses it any more. */
  takeBack(): void {
    if (this.#socket instanceof TlsSocket) this.#socket.takeBack()
  }
}

/** Only of sockets that a worker can read and write, and only on Linux: see `socket-duplicate.ts`. */
function referenceTo(socket: Socket): SocketReference | undefined {
  const fd = (socket as { _handle?: { fd?: number } })._handle?.fd
  if (process.platform !== 'linux' || !(socket instanceof PlainSocket) || fd === undefined || fd < 0)
    return undefined
  const tls = socket instanceof TlsSocket ? socket.session.address : undefined
  return { fd, inode: inodeOf(fd), tls }
}
