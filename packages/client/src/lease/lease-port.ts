import { isBytes } from '../common/crossed.js'
import { type FrameChannel, ownBytes } from './channels.js'
import type {
  AgainFrame,
  AskFrame,
  BrokerFrame,
  GrantFrame,
  LeaseRequest,
  NotAwaitedFrame,
  ReturnFrame,
  RevokeFrame,
  WorkerFrame,
} from './contract.js'
import type { SessionCell } from './session-cell.js'

/** Who holds the port at the moment. */
export interface LeaseHolder {
  granted(frame: GrantFrame): void
  received(bytes: Uint8Array): void
  acknowledged(bytes: number): void
  cancelled(): void
  revoked(frame: RevokeFrame): void
  portClosed(): void
}

/**
 * The worker's end of a lease port. It carries one lease at a time, and a free one is used again. What the broker sent
 * before it saw the release is dropped here: nothing of one lease reaches the next.
 */
export class LeasePort {
  readonly #channel: FrameChannel<BrokerFrame, WorkerFrame>
  /** Shared with the broker. */
  readonly cell: SessionCell
  /** Returns the port to whoever keeps the free ones. */
  readonly #onFree: (port: LeasePort) => void
  /** Of the latest lease on this port. */
  #number = 0
  #holder: LeaseHolder | undefined
  /** What is kept between two leases. */
  #kept: { drop(): void } | undefined
  /** Whether the broker has answered the latest lease: until then what arrives belongs to an earlier one. */
  #granted = false
  /** False once either side has closed the port: a lease opened on it would never be answered. */
  #isOpen = true

  constructor(
    channel: FrameChannel<BrokerFrame, WorkerFrame>,
    cell: SessionCell,
    onFree: (port: LeasePort) => void,
  ) {
    this.cell = cell
    this.#channel = channel
    this.#onFree = onFree
    channel.onFrame = (frame) => this.#receive(frame)
    channel.onClose = () => this.#closed()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Opens a lease; its first bytes travel with the request. */
  open(holder: LeaseHolder, request: LeaseRequest, bytes: Uint8Array): void {
    if (this.#holder !== undefined) throw new Error('This lease port carries a lease already')
    this.#holder = holder
    this.#granted = false
    this.#number++
    this.#channel.ref()
    this.#channel.post({ open: this.#number, request, bytes: ownBytes(bytes) })
  }

  send(bytes: Uint8Array): void {
    this.#channel.postCopy(bytes)
  }

  post(
    frame:
      | number
      | 'cancel'
      | 'cancel and tell'
      | 'read only'
      | 'aborted'
      | AgainFrame
      | AskFrame
      | NotAwaitedFrame,
  ): void {
    this.#channel.post(frame)
  }

  /** Ends the lease: complete once posted, nobody waits for an answer. */
  end(frame: 'release' | 'destroy' | ReturnFrame): void {
    if (!this.#isOpen) return
    this.#holder = undefined
    this.#channel.post(frame)
    this.#channel.unref()
    this.#onFree(this)
  }

  /** Ends the lease; the next may begin with `reopen`. The broker is not told: it looks at the cell where it needs to know. */
  keep(kept: { drop(): void }): void {
    this.#holder = undefined
    this.#kept = kept
    this.#channel.unref()
  }

  /** Begins a lease that the broker need not grant. */
  reopen(holder: LeaseHolder): void {
    this.#kept = undefined
    this.#holder = holder
    this.#channel.ref()
  }

  /** There is nothing to reopen any more. */
  free(): void {
    this.#kept = undefined
    this.#onFree(this)
  }

  /** Receives at once what has come and waits for its turn. */
  readAhead(): void {
    this.#channel.readAhead()
  }

  close(): void {
    this.#channel.close()
  }

  #receive(frame: BrokerFrame): void {
    if (frame === 'taken') return this.#kept?.drop()
    if (this.#holder === undefined) return
    if (this.#granted) {
      if (isBytes(frame)) return this.#holder.received(frame)
      if (typeof frame === 'number') return this.#holder.acknowledged(frame)
      if (frame === 'cancelled') return this.#holder.cancelled()
    }
    if (typeof frame !== 'object') return
    if ('grant' in frame && frame.grant === this.#number) {
      this.#granted = true
      this.#holder.granted(frame)
    } else if ('revoke' in frame && frame.revoke === this.#number) {
      this.#holder.revoked(frame)
    }
  }

  #closed(): void {
    this.#isOpen = false
    const holder = this.#holder
    this.#holder = undefined
    this.#kept?.drop()
    holder?.portClosed()
  }
}
