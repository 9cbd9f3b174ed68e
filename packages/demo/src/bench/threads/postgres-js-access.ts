import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import type { Address } from '../server/address.js'
import type { Access, Connection, Row } from './access.js'

/** A query in a template literal is prepared; `unsafe`, which takes a text, has to be told so. */
const PREPARED = { prepare: true }

class PostgresJsConnection implements Connection {
  readonly #sql: postgres.Sql

  constructor(sql: postgres.Sql) {
    this.#sql = sql
  }

  async query(text: string, values: unknown[]): Promise<readonly Row[]> {
    return await this.#sql.unsafe(text, values as never, PREPARED)
  }

  cursor(text: string, values: unknown[], batch: number): AsyncIterable<readonly Row[]> {
    return this.#sql.unsafe(text, values as never, PREPARED).cursor(batch)
  }

  async *copyOut(text: string): AsyncGenerator<Uint8Array> {
    yield* await this.#sql.unsafe(text).readable()
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    await pipeline(Readable.from(chunks), await this.#sql.unsafe(text).writable())
  }
}

export function postgresJsAccess({ ssl, ...address }: Address, max: number): Access {
  const sql = postgres({ ...address, max, ...(ssl && { ssl: { ca: ssl.ca } }) })
  const whole = new PostgresJsConnection(sql)
  return {
    forTask: (work) => work(whole),
    async withConnection(work) {
      const reserved = await sql.reserve()
      try {
        return await work(new PostgresJsConnection(reserved))
      } finally {
        reserved.release()
      }
    },
  }
}
