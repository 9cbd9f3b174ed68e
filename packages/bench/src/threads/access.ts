import type { Address } from '../server/address.js'

/** How a thread of an alternative reaches the database. */
export type AccessSpec =
  | { kind: 'pool'; address: Address; max: number; pipelined: boolean; named: boolean }
  | { kind: 'connect'; address: Address }
  | { kind: 'postgres.js'; address: Address; max: number }
  | { kind: 'cloned rows' }

export type Row = Record<string, unknown>

/** What a load may do with a connection, whoever provides it. */
export interface Connection {
  query(text: string, values: unknown[]): Promise<readonly Row[]>
  /** Yields the rows in batches of so many, reading each when it is asked for. */
  cursor(text: string, values: unknown[], batch: number): AsyncIterable<readonly Row[]>
  /** The bytes of `COPY … TO STDOUT`. */
  copyOut(text: string): AsyncIterable<Uint8Array>
  /** Sends the chunks as `COPY … FROM STDIN`. */
  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void>
}

/** A thread's way to the database. */
export interface Access {
  /** With the connection of a task, as a task of this contender would be written. */
  forTask<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** With a connection of its own for the time of `work`; many at a time. */
  withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}
