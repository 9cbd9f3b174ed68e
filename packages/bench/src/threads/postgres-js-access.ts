import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import type { Address } from '../server/address.js'
import type { Access, Connection, Row } from './access.js'

/** A query in a template literal is prepared; `unsafe`, which takes a text, has to be told so. */
const PREPARED = { prepare: true }

type Options = postgres.Options<Record<string, never>>

class PostgresJsConnection implements Connection {
  readonly #sql: postgres.Sql
  readonly #options: Options

  constructor(sql: postgres.Sql, options: Options) {
    this.#sql = sql
    this.#options = options
  }

  async query(text: string, values: unknown[]): Promise<readonly Row[]> {
    return await this.#sql.unsafe(text, values as never, PREPARED)
  }

  cursor(text: string, values: unknown[], batch: number): AsyncIterable<readonly Row[]> {
    return this.#sql.unsafe(text, values as never, PREPARED).cursor(batch)
  }

  /** On a connection of its own: one that has copied may hang (https://github.com/porsager/postgres/pull/1016). */
  async *copyOut(text: string): AsyncGenerator<Uint8Array> {
    const sql = postgres(this.#options)
    yield* await sql.unsafe(text).readable()
    await sql.end({ timeout: 0 })
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    await pipeline(Readable.from(chunks), await this.#sql.unsafe(text).writable())
  }
}

export function postgresJsAccess({ ssl, ...address }: Address, max: number): Access {
  const options: Options = { ...address, max, ...(ssl && { ssl: { ca: ssl.ca } }) }
  const sql = postgres(options)
  const whole = new PostgresJsConnection(sql, options)
  return {
    forTask: (work) => work(whole),
    async withConnection(work) {
      const reserved = await sql.reserve()
      try {
        return await work(new PostgresJsConnection(reserved, options))
      } finally {
        reserved.release()
      }
    },
  }
}
