import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type pg from 'pg'

/** `pg.Client`, with what it does not declare. */
export type ConnectingClient = pg.Client & {
  connection: EventEmitter & {
    stream: Socket
    ssl: unknown
    /** Whether somebody listens to every message. */
    readonly _emitMessage: boolean
    /** Called once with the stream that brings the server's messages. */
    attachListeners(stream: Socket): void
  }
  ssl: unknown
  processID: number
  secretKey: number
  sslNegotiation: string | undefined
}
