import { type ResetForm, resetAtEnd, resetForm, SHORT_LEASE_MILLIS } from '../protocol/reset-ahead.js'
import { PlainSocket } from '../socket/plain-socket.js'
import { SecureSocket } from '../socket/secure-socket.js'
import { TlsSession } from '../socket/tls-session.js'
import { ownBytes } from './channels.js'
import type {
  GrantedSocket,
  GrantFrame,
  LeaseRequest,
  ReopenedLease,
  ReturnedSession,
  ServerProcess,
} from './contract.js'
import { KeptStatements } from './kept-statements.js'
import type { LeaseHolder, LeasePort } from './lease-port.js'

/** Who reads what comes from a loan's socket. */
export interface LoanReader {
  /** @param isOwn whether the bytes are the reader's; else they are good until this returns. */
  received(bytes: Buffer, isOwn: boolean): void
  /** The server has closed the connection, or the network is gone. */
  closed(cause: Error | undefined): void
}

/** Where a loan is kept between two leases. */
export interface LoanKeeper {
  keep(loan: SocketLoan): void
  drop(loan: SocketLoan): void
}

/**
 * Leases of a thread that are further apart are no hurry: what waits for the answer to a reset, which came meanwhile, waits for
 * a turn of the loop. Those that are closer are: the next may travel behind the reset.
 */
const SPARSE_MILLIS = 2

/** What is left unread while nobody holds the loan. */
const NOBODY: LoanReader = { received: () => {}, closed: () => {} }

/**
 * A connection's socket in the hands of this thread, from the grant until it is given back. While nobody else waits for
 * the connection, the thread keeps it from one lease to its next, and resets the session between; the cell that it shares
 * with the broker says who has it, so neither needs the other to take it.
 */
export class SocketLoan implements ServerProcess {
  readonly port: LeasePort
  readonly socket: PlainSocket
  readonly processId: number
  readonly serverVersion: string
  readonly keptStatements: KeptStatements | undefined
  readonly #keepMillis: number
  readonly #keeper: LoanKeeper
  reader: LoanReader = NOBODY
  /** Of the current lease. */
  #request: LeaseRequest
  #openedAt: number
  /** Whether the current lease began without the broker. */
  isReopened = false
  /** Whether the thread's leases are far apart, as far as is known. */
  #isSparse = true
  /** The reset sent last, at the end of a lease, and whether it has a Sync. */
  resetForm: ResetForm = 0
  isSynced = false
  #keptAt = 0

  /**
   * The thread has claimed the grant's descriptor.
   * @param openedAt when the lease was granted.
   * @throws Error when the socket cannot be had.
   */
  constructor(
    { socket, processId, serverVersion, statements }: GrantFrame,
    port: LeasePort,
    request: LeaseRequest,
    keeper: LoanKeeper,
    openedAt = performance.now(),
  ) {
    if (socket === undefined) throw new Error('The grant brings no socket')
    this.port = port
    this.processId = processId
    this.serverVersion = serverVersion
    this.keptStatements = statements && new KeptStatements(statements)
    this.#keepMillis = socket.keepMillis
    this.#keeper = keeper
    this.#request = request
    this.#openedAt = openedAt
    this.socket = openSocket(socket)
    port.cell.adoptDescriptor()
    this.socket.onBytes = (bytes, isOwn) => this.reader.received(bytes, isOwn)
    let cause: Error | undefined
    this.socket.on('error', (error) => {
      cause = error
    })
    this.socket.on('close', () => this.reader.closed(cause))
  }

  get database(): string {
    return this.#request.database
  }

  /** Whether it is likely that another lease can begin. */
  get isReopenable(): boolean {
    return performance.now() - this.#keptAt <= this.#keepMillis && this.port.cell.isKept
  }

  /**
   * Begins another lease. False when it was kept for too long, and so is to be validated, or its task is one too many for the
   * cell; when the broker has taken the connection back, or it is gone; the loan is over then.
   */
  reopen(holder: LeaseHolder, request: LeaseRequest): boolean {
    const now = performance.now()
    const keptMillis = now - this.#keptAt
    const { cell } = this.port
    if (keptMillis > this.#keepMillis || !cell.writeTask(request.task)) return false
    if (!cell.reopen()) {
      this.drop()
      return false
    }
    this.port.reopen(holder)
    this.keptStatements?.begin()
    this.#request = request
    this.#openedAt = now
    this.isReopened = true
    this.#isSparse = keptMillis > SPARSE_MILLIS
    if (!this.socket.destroyed) return true
    this.#keeper.drop(this)
    this.giveBack('release', 'lost')
    return false
  }

  /**
   * Ends a lease whose session is idle, but not the loan: the session is reset at once. The connection goes back where
   * somebody wants it, or the thread may not keep it.
   */
  keep(): void {
    const { socket, port } = this
    const now = performance.now()
    const heldMillis = now - this.#openedAt
    const isShort = heldMillis < SHORT_LEASE_MILLIS
    if (this.#keepMillis === 0 || !isShort || !port.cell.mayKeep) return this.giveBack('release', 'idle')
    this.reader = NOBODY
    socket.pause()
    this.isSynced = this.#isSparse
    port.cell.sends(0)
    this.resetForm = resetForm(0, this.keptStatements?.reset() === true)
    socket.write(resetAtEnd(this.resetForm, this.isSynced))
    if (socket.writableLength > 0) return this.giveBack('release', 'unknown')
    this.#keptAt = now
    port.cell.keep(heldMillis, this.isSynced)
    // Somebody has asked for it meanwhile, who may have taken it by now.
    if (port.cell.isWanted) return this.#return()
    port.keep(this)
    this.#keeper.keep(this)
  }

  /** Ends the lease and the loan. The socket is closed when this returns: nothing of this thread comes behind. */
  giveBack(back: 'release' | 'destroy', session: ReturnedSession): void {
    this.reader = NOBODY
    this.socket.destroy()
    this.port.end({ back, session, reopened: this.#reopened })
  }

  /** Ends the loan; the lease goes on with another connection, where `first` is sent. */
  startAgain(first: Buffer): void {
    this.reader = NOBODY
    this.socket.destroy()
    this.port.post({ again: ownBytes(first), reopened: this.#reopened })
  }

  /** Between two leases. */
  #return(): void {
    this.socket.destroy()
    this.port.end({ back: 'release', session: 'idle' })
  }

  /** Between two leases: the broker has taken the connection back, or is gone. */
  drop(): void {
    this.#keeper.drop(this)
    this.socket.destroy()
    this.port.free()
  }

  get #reopened(): ReopenedLease | undefined {
    if (!this.isReopened) return undefined
    return { heldMillis: performance.now() - this.#openedAt, request: this.#request }
  }
}

/** This thread's end of a connection. @throws Error when it cannot be had. */
function openSocket({ descriptor, tls }: GrantedSocket): PlainSocket {
  return tls === undefined ? new PlainSocket(descriptor) : new SecureSocket(new TlsSession(tls), descriptor)
}
