import { closeSync, fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Address } from '@pglease/client/internal'
import { duplicate } from './socket-duplicate.js'
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
  /** Undefined where it cannot be lent. */
  readonly #descriptor: number | undefined
  #wasLent = false

  /** @param isLendable not with Node's TLS, whose state is this thread's, and where nothing can be duplicated. */
  constructor(socket: Socket, isLendable: boolean) {
    this.#socket = socket
    this.#descriptor = isLendable ? descriptorOf(socket) : undefined
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

  /**
   * Closes a duplicate that a worker may have left open, if it is one still: with the thread its sockets are closed, and the
   * number may be another's since. Only a duplicate is the same file, and nobody else closes that.
   */
  closeDuplicate(descriptor: number): void {
    const own = descriptorOf(this.#socket)
    if (own !== undefined && isSameFile(own, descriptor)) closeSync(descriptor)
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

/** Of an open socket. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: number } })._handle?.fd
  return fd !== undefined && fd >= 0 ? fd : undefined
}

function isSameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)]
    return a.dev === b.dev && a.ino === b.ino
  } catch {
    // It is closed.
    return false
  }
}
