import { Duplex } from 'node:stream'
import type { BrokerLink } from './broker-link.js'
import type { GrantFrame, LeaseRequest, RevokeFrame } from './contract.js'
import { ConfigurationError, LeaseLostError } from './errors.js'
import { ReceiveWindow, SendWindow } from './flow-window.js'
import type { LeaseHolder, LeasePort } from './lease-port.js'
import { fromWire } from './wire-error.js'

type WriteCallback = (error?: Error | null) => void

/**
 * - `quiet`: no lease asked for yet;
 * - `linking`: the first bytes wait for the thread's link to the broker, once in a thread's life;
 * - `open`: the lease is asked for, bytes flow;
 * - `over`: released, revoked or lost.
 */
type State = 'quiet' | 'linking' | 'open' | 'over'

/**
 * The stream of a leased `pg.Client`: a socket to Postgres as far as the client knows, the worker's side of a lease in
 * truth. The lease is opened by the first bytes and ended by `release`.
 */
export class LeaseStream extends Duplex implements LeaseHolder {
  readonly #link: BrokerLink
  readonly #request: () => LeaseRequest
  #state: State = 'quiet'
  /** Set while the state is `open`. */
  #port: LeasePort | undefined
  readonly #sending = new SendWindow()
  readonly #receiving = new ReceiveWindow()
  /** Bytes in the readable buffer, which the client has not taken. */
  #untaken = 0
  readonly #isPipelined: boolean
  /** Whether what is written waits for the end of the tick. */
  #isGathering = false
  /** The write that waits for the window to open. */
  #heldWrite: WriteCallback | undefined

  /**
   * @param request asked when the lease is opened, not before.
   * @param isPipelined whether queries of one tick are written together.
   */
  constructor(link: BrokerLink, request: () => LeaseRequest, isPipelined: boolean) {
    super({ allowHalfOpen: false })
    this.#isPipelined = isPipelined
    this.#link = link
    this.#request = request
  }

  /**
   * As of a socket: the client calls it with an address that means nothing here. No `connect` event follows, so the
   * client sends no start-up message: the broker's connection is authenticated long since.
   */
  connect(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  /** Asks the server to cancel what runs in this lease. */
  cancel(): void {
    this.#port?.cancel()
  }

  /** Ends the lease. Nothing arrives any more, and what is written goes nowhere. */
  release(how: 'release' | 'destroy'): void {
    this.#end(how)
  }

  override _write(chunk: Buffer, _encoding: string, callback: WriteCallback): void {
    switch (this.#state) {
      case 'quiet':
        return this.#open(chunk, callback)
      case 'open':
        this.#port!.send(chunk)
        return this.#sent(chunk.byteLength, callback)
      case 'over':
        return callback()
      case 'linking':
        throw new Error('The stream wrote again before its write was done')
    }
  }

  /**
   * The client corks the messages of each query, so they are one message to the broker. Pipelined, all the queries of a
   * tick are one. Else a query is on its way at once, and the task may compute meanwhile.
   */
  override cork(): void {
    super.cork()
    if (!this.#isPipelined || this.#isGathering) return
    this.#isGathering = true
    super.cork()
    process.nextTick(() => {
      this.#isGathering = false
      this.uncork()
    })
  }

  override _writev(chunks: { chunk: Buffer }[], callback: WriteCallback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', callback)
  }

  override _read(): void {
    if (this.#untaken === 0) return
    const taken = this.#untaken
    this.#untaken = 0
    this.#acknowledge(taken)
  }

  /** The end comes a turn later, as a socket's does: who awaits an answer that has come hears of that first. */
  override _final(callback: WriteCallback): void {
    this.#end('release')
    setImmediate(() => {
      this.push(null)
      callback()
    })
  }

  /** By the client that gives up on its queries. Where the connection stands the broker knows. */
  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.#end('release')
    callback(error)
  }

  granted({ processId, bytes }: GrantFrame): void {
    this.emit('granted', processId)
    if (bytes !== undefined) this.received(bytes)
  }

  received(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.push(chunk)) this.#acknowledge(chunk.byteLength)
    else this.#untaken += chunk.byteLength
  }

  acknowledged(bytes: number): void {
    this.#sending.acknowledged(bytes)
    if (this.#sending.isFull) return
    const held = this.#heldWrite
    this.#heldWrite = undefined
    held?.()
  }

  revoked({ error }: RevokeFrame): void {
    this.#end('release')
    this.destroy(fromWire(error as Parameters<typeof fromWire>[0]) as Error)
  }

  portClosed(): void {
    this.#state = 'over'
    const { database } = this.#request()
    const message = 'The broker has closed, or its thread has ended: the lease is lost.'
    this.destroy(new LeaseLostError(message, { database }))
  }

  #open(chunk: Buffer, callback: WriteCallback): void {
    if (this.#link.info === undefined) {
      this.#state = 'linking'
      this.#link.ready.then(
        () => this.#state === 'linking' && this.#open(chunk, callback),
        (error: Error) => this.destroy(error),
      )
      return
    }
    if (!this.#link.isOpen) return void this.portClosed()
    this.#state = 'open'
    this.#port = this.#link.takePort()
    try {
      this.#port.open(this, this.#request(), chunk)
    } catch (cause) {
      const message = `A lease was asked for with an option of a wrong type: ${(cause as Error).message}`
      return void this.destroy(new ConfigurationError(message, { cause }))
    }
    this.#sent(chunk.byteLength, callback)
  }

  #sent(bytes: number, callback: WriteCallback): void {
    this.#sending.sent(bytes)
    if (this.#sending.isFull) this.#heldWrite = callback
    else callback()
  }

  #acknowledge(bytes: number): void {
    const due = this.#receiving.consumed(bytes)
    if (due > 0 && this.#state === 'open') this.#port!.acknowledge(due)
  }

  #end(how: 'release' | 'destroy'): void {
    if (this.#state === 'open') this.#port!.release(how)
    this.#state = 'over'
    this.#port = undefined
  }
}
