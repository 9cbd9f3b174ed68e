import { once } from 'node:events'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import type { Address } from '../server/address.js'

type Row = Record<string, unknown>

/** What a transfer of several calls holds between them. */
interface Transfer {
  readonly client: pg.PoolClient
  readonly stream: Cursor | AsyncIterator<Buffer> | NodeJS.WritableStream
}

/** A straightforward broker behind Comlink: a query per call, a cursor or COPY by its number, everything cloned. */
export class CloningBroker {
  readonly #pool: pg.Pool
  readonly #transfers = new Map<number, Transfer>()
  #lastNumber = 0

  constructor(address: Address, max: number, pipelined: boolean) {
    this.#pool = new pg.Pool({ ...address, max, idleTimeoutMillis: 0, pipeline: pipelined } as pg.PoolConfig)
  }

  async query(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#pool.query(text, values)).rows
  }

  openCursor(text: string, values: unknown[]): Promise<number> {
    return this.#open((client) => client.query(new Cursor(text, values)))
  }

  readCursor(number: number, rows: number): Promise<Row[]> {
    return (this.#transfers.get(number)!.stream as Cursor<Row>).read(rows)
  }

  async closeCursor(number: number): Promise<void> {
    await (this.#transfers.get(number)!.stream as Cursor).close()
    this.#close(number)
  }

  openCopyOut(text: string): Promise<number> {
    return this.#open((client) => client.query(copyStreams.to(text))[Symbol.asyncIterator]())
  }

  /** Undefined at the end. */
  async readCopy(number: number): Promise<Uint8Array | undefined> {
    const { value, done } = await (this.#transfers.get(number)!.stream as AsyncIterator<Buffer>).next()
    if (!done) return value
    this.#close(number)
  }

  openCopyIn(text: string): Promise<number> {
    return this.#open((client) => client.query(copyStreams.from(text)))
  }

  async writeCopy(number: number, chunk: Uint8Array): Promise<void> {
    const stream = this.#transfers.get(number)!.stream as NodeJS.WritableStream
    if (!stream.write(chunk)) await once(stream, 'drain')
  }

  async endCopy(number: number): Promise<void> {
    const stream = this.#transfers.get(number)!.stream as NodeJS.WritableStream
    stream.end()
    await once(stream, 'finish')
    this.#close(number)
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #open(begin: (client: pg.PoolClient) => Transfer['stream']): Promise<number> {
    const client = await this.#pool.connect()
    this.#transfers.set(++this.#lastNumber, { client, stream: begin(client) })
    return this.#lastNumber
  }

  #close(number: number): void {
    this.#transfers.get(number)!.client.release()
    this.#transfers.delete(number)
  }
}
