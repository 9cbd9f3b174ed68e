import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import copyStreams from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import type { Connection, Row } from './access.js'

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `text ${names.size}`
  names.set(text, name)
  return name
}

/** A `pg.Client`, whatever its bytes go through. */
export class PgConnection implements Connection {
  readonly #client: pg.ClientBase
  readonly #isNamed: boolean

  /** @param isNamed whether each text has a name, by which the server keeps it as long as the connection lasts. */
  constructor(client: pg.ClientBase, isNamed = false) {
    this.#client = client
    this.#isNamed = isNamed
  }

  async query(text: string, values: unknown[]): Promise<Row[]> {
    if (!this.#isNamed) return (await this.#client.query(text, values)).rows
    return (await this.#client.query({ name: nameOf(text), text, values })).rows
  }

  async *cursor(text: string, values: unknown[], batch: number): AsyncGenerator<Row[]> {
    const cursor = this.#client.query(new Cursor<Row>(text, values))
    for (let rows = await cursor.read(batch); rows.length > 0; rows = await cursor.read(batch)) yield rows
    await cursor.close()
  }

  copyOut(text: string): AsyncIterable<Buffer> {
    return this.#client.query(copyStreams.to(text))
  }

  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    return pipeline(Readable.from(chunks), this.#client.query(copyStreams.from(text)))
  }
}
