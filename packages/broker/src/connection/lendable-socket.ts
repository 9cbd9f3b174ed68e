import type { Socket } from 'node:net'
import { type Address, PlainSocket } from '@pglease/client/internal'
import { canDuplicate, duplicate } from './socket-duplicate.js'
import { TlsSocket } from './tls-socket.js'

/** What a worker needs to read and write a connection. */
export interface Duplicate {
  /** Of the same socket, to be closed by the worker or, where it never gets it, here. */
  descriptor: number
  tls: Address | undefined
}

/** A connection's socket, as far as a worker can have it too. */
export class LendableSocket {
  readonly #socket: Socket
  /** Undefined for Node's TLS, whose state is this thread's, and where nothing can be lent. */
  readonly #descriptor: number | undefined
  #wasLent = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.#descriptor = descriptorOf(socket)
  }

  /** Whether a worker can have it, and can now because nothing is still to be sent. */
  isFor({ speaksTls }: { readonly speaksTls: boolean }): boolean {
    const isKnown = speaksTls || !(this.#socket instanceof TlsSocket)
    return isKnown && this.#descriptor !== undefined && this.#socket.writableLength === 0
  }

  /** Undefined when the process has too many open files. */
  duplicate(): Duplicate | undefined {
    const descriptor = duplicate(this.#descriptor!)
    const tls = this.#socket instanceof TlsSocket ? this.#socket.session.address : undefined
    return descriptor === undefined ? undefined : { descriptor, tls }
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

/** Only of sockets that a worker can read and write, and only where they can be duplicated. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: number } })._handle?.fd
  const isOpen = socket instanceof PlainSocket && fd !== undefined && fd >= 0
  return isOpen && canDuplicate() ? fd : undefined
}
