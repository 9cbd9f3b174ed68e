import type { Socket } from 'node:net'
import { onAbort } from '@pglease/client/internal'
import pg from 'pg'
import { type CancelTarget, sendCancelRequest } from './cancel-request.js'
import type { Database } from './database-options.js'
import { queryMessage, terminateMessage } from './protocol/messages.js'
import { SessionTracker } from './protocol/session-tracker.js'
import { settingsOf, transactionSettings, watchCustomSettings } from './session-settings.js'

/** What `pg.Client` does not declare. */
type ConnectedClient = pg.Client & {
  connection: { stream: Socket }
  processID: number
  secretKey: number
  sslNegotiation: string | undefined
}

/** Who gets what arrives on a connection. */
export interface ConnectionUser {
  received(chunk: Buffer): void
  /** What was sent has left the process, after `send` returned false. */
  drained(): void
  /** The connection is gone; nothing more arrives. */
  lost(error: Error): void
}

/** For a connection whose bytes interest nobody. */
export const NOBODY: ConnectionUser = { received: () => {}, drained: () => {}, lost: () => {} }

/**
 * A connected, authenticated connection, of which `pg.Client` did the connecting. Its plaintext byte stream belongs to
 * one user at a time; the tracker sees every byte both ways.
 */
export class ServerConnection {
  readonly tracker = new SessionTracker()
  /** When it last answered. On the clock of `performance.now()`, as all times here. */
  usedAt = performance.now()
  /** When its lifetime is over; the jitter keeps connections of one age from going all at once. */
  readonly expiresAt: number
  /** Leases granted on it. */
  uses = 0
  /** The pool's epoch in which it was opened: a recycle begins a new one. */
  readonly epoch: number
  readonly cancelTarget: CancelTarget
  /** Puts back what a reset takes away of the session's initial state. */
  readonly initialSettings: readonly string[]
  readonly #socket: Socket
  #user: ConnectionUser = NOBODY
  /** Of all cancels sent so far; see `cancelsOver`. */
  #cancels: Promise<void> = Promise.resolve()
  #state: 'open' | 'gone' = 'open'
  /** Resolves when the socket has closed, so that the server counts it no more. */
  readonly closed: Promise<void>

  private constructor(
    client: ConnectedClient,
    initialSettings: readonly string[],
    epoch: number,
    lifetimeSeconds: number,
  ) {
    this.expiresAt =
      lifetimeSeconds === 0
        ? Number.POSITIVE_INFINITY
        : this.usedAt + lifetimeSeconds * (1000 - 100 * Math.random())
    const { host, port, ssl, sslNegotiation, processID, secretKey } = client
    this.cancelTarget = { host, port, ssl, sslNegotiation, processId: processID, secretKey }
    this.initialSettings = initialSettings
    this.epoch = epoch
    const socket = client.connection.stream
    this.#socket = socket
    // From here on the bytes are not the client's: its parser must not see them.
    socket.removeAllListeners('data')
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('drain', () => this.#user.drained())
    client.removeAllListeners('error')
    client.on('error', (error: Error) => this.#lose(error))
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#lose(new Error('The server closed the connection'))
        resolve()
      })
    })
  }

  /** Connects, runs `onConnect`, and remembers the settings that it made. @throws the error of pg or of the hook. */
  static async open(database: Database, epoch: number, stop?: AbortSignal): Promise<ServerConnection> {
    const client = new pg.Client(clientConfig(database)) as unknown as ConnectedClient
    // A failure rejects what is awaited; the event alone must not end the process.
    client.on('error', () => {})
    const destroy = () => client.connection.stream.destroy()
    const stopListening = stop && onAbort(stop, destroy)
    try {
      await client.connect()
      const settings = await withinLimit(prepare(client, database), client, database)
      return new ServerConnection(client, settings, epoch, database.maxLifetimeSeconds)
    } catch (error) {
      destroy()
      throw error
    } finally {
      stopListening?.()
    }
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  use(user: ConnectionUser): void {
    this.#user = user
  }

  /**
   * Sends all but a Terminate: whether the connection closes is the pool's to say. Returns false when the caller should
   * wait for `drained` before it sends more.
   * @throws ProtocolError
   */
  send(chunk: Uint8Array): boolean {
    const bytes = this.tracker.sent(chunk)
    return this.#socket.write(bytes === chunk.length ? chunk : chunk.subarray(0, bytes))
  }

  /** Asks the server to cancel what runs here; resolves and rejects as `cancelsOver` does. */
  cancel(timeoutMillis: number): Promise<void> {
    const [before, request] = [this.#cancels, sendCancelRequest(this.cancelTarget, timeoutMillis)]
    this.#cancels = Promise.all([before, request]).then(() => {})
    // Told to those who ask.
    this.#cancels.catch(() => {})
    return this.#cancels
  }

  /**
   * Resolves when no cancel can hit what runs here from now on.
   * @throws Error when one may arrive at any time: the connection cannot be lent again.
   */
  get cancelsOver(): Promise<void> {
    return this.#cancels
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * Sends simple queries in one write and waits for all their answers; the connection must be in step.
   * @throws Error when one fails, when the time is over, or when the connection is lost.
   */
  exchange(queries: readonly string[], timeoutMillis: number): Promise<void> {
    if (!this.isOpen) return Promise.reject(new Error('The connection is gone'))
    return new Promise((resolve, reject) => {
      // The socket keeps the process alive while an answer is due; a user who has taken over no longer wants this one.
      const timer = setTimeout(
        () => reject(new Error(`No answer within ${timeoutMillis} ms`)),
        timeoutMillis,
      ).unref()
      const settle = (error?: Error) => {
        clearTimeout(timer)
        if (error === undefined) resolve()
        else reject(error)
      }
      this.use({
        received: () => {
          if (this.tracker.owed > 0) return
          settle(this.tracker.failed ? new Error(`The server refused: ${queries.join('; ')}`) : undefined)
        },
        drained: () => {},
        lost: settle,
      })
      this.send(Buffer.concat(queries.map(queryMessage)))
    })
  }

  /** Says goodbye, as the protocol wants it; the server closes. */
  end(timeoutMillis: number): void {
    if (this.#state === 'gone') return
    const timer = setTimeout(() => this.#socket.destroy(), timeoutMillis)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.resume()
    this.#socket.end(terminateMessage)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      this.tracker.received(chunk)
    } catch (error) {
      this.destroy()
      return this.#lose(error as Error)
    }
    this.#user.received(chunk)
  }

  #lose(error: Error): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#user.lost(error)
  }
}

/** Gives a new session the database's own settings and those of the hook. Returns the statements that repeat them. */
async function prepare(client: pg.Client, database: Database): Promise<readonly string[]> {
  const own = transactionSettings(database)
  if (own.length > 0) await client.query(own.join(';'))
  if (database.onConnect === undefined) return own
  const nameCustomSettings = watchCustomSettings(client)
  await database.onConnect(client)
  return settingsOf(client, nameCustomSettings())
}

/** A hook that never settles, and a server that falls silent, must not hold a place in the pool. */
function withinLimit<T>(
  work: Promise<T>,
  client: pg.Client,
  { connectionTimeoutMillis: limit }: Database,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const vain = new Promise<never>((_, reject) => {
    client.once('end', () => reject(new Error('The connection ended before it was ready')))
    if (limit > 0)
      timer = setTimeout(() => reject(new Error(`The connection was not ready within ${limit} ms`)), limit)
  })
  vain.catch(() => {})
  return Promise.race([work, vain]).finally(() => clearTimeout(timer))
}

/** The options that are pg's, with the limit that keeps a connect from hanging. */
function clientConfig(database: Database): pg.ClientConfig {
  const { max, min, onConnect, name, resetQuery, isolationLevel, readOnly, deferrable, ...rest } = database
  return { ...rest, keepAlive: database.keepAlive ?? true } as pg.ClientConfig
}
