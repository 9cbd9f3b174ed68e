import { Duplex } from 'node:stream'

/** Of a stream's `_write`. */
export type WriteCallback = (error?: Error | null) => void

/**
 * A stream that `pg.Client` takes for a socket. It opens no connection of its own, and gathers what is written together.
 */
export abstract class SocketShape extends Duplex {
  abstract override _write(chunk: Buffer, encoding: string, callback: WriteCallback): void

  readonly #isPipelined: boolean
  /** Whether what is written waits for the end of the tick. */
  #isGathering = false

  /** @param isPipelined whether queries of one tick are written together. */
  constructor(isPipelined: boolean) {
    super({ allowHalfOpen: false })
    this.#isPipelined = isPipelined
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

  /**
   * The client corks the messages of each query, so they are written as one. Pipelined, all the queries of a tick are
   * one. Else a query is on its way at once, and the task may compute meanwhile.
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
}
