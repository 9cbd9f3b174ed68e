import type { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { onAbort, openSsl, PlainSocket } from '@pglease/client/internal'
import pg from 'pg'
import type { Database } from './database-options.js'
import { settingsOf, transactionSettings, watchCustomSettings } from './session-settings.js'
import { startTls, type TlsOptions } from './tls-client.js'
import { LeftToNodeError, TlsSocket } from './tls-socket.js'

/** What `pg.Client` does not declare. */
type ConnectedClient = pg.Client & {
  connection: EventEmitter & { stream: Socket; ssl: unknown }
  processID: number
  secretKey: number
  sslNegotiation: string | undefined
}

interface ParameterStatus {
  parameterName: string
  parameterValue: string
}

/** A session that `pg.Client` has opened and the database's options have prepared. */
export interface OpenSession {
  client: ConnectedClient
  /** The TLS that it was asked for, by whoever speaks it. */
  ssl: unknown
  /** The statements that put back what a reset takes away of its initial state. */
  initialSettings: readonly string[]
  serverVersion: string
}

/** What makes the stream of a new client, of the options that are its connection's. */
type MakeStream = (options: { ssl?: unknown; sslNegotiation?: string }) => Socket

/** Connects, runs `onConnect`, and remembers the settings that it made. @throws the error of pg or of the hook. */
export async function openSession(database: Database, stop: AbortSignal): Promise<OpenSession> {
  try {
    return await open(database, stop, sharedStream)
  } catch (error) {
    if (!(error instanceof LeftToNodeError)) throw error
    return open(database, stop, nodeStream)
  }
}

/** One whose TLS, if it has any, the threads can use. */
const sharedStream: MakeStream = ({ ssl, sslNegotiation }) => {
  if (!ssl) return new PlainSocket()
  const isDirect = sslNegotiation === 'direct'
  const session = startTls(ssl as TlsOptions, isDirect)
  return session === undefined ? new Socket() : new TlsSocket(session, ssl as TlsOptions, isDirect)
}

/** Whether the database's options, or the environment, ask for TLS that the threads can use. */
export function usesSharedTls(database: Database): boolean {
  try {
    const { ssl } = new pg.Client(clientConfig(database, nodeStream)) as unknown as ConnectedClient
    return Boolean(ssl) && openSsl() !== undefined
  } catch {
    // What is wrong with them the first connection tells.
    return false
  }
}

/** `pg.Client` lays TLS on top. */
const nodeStream: MakeStream = () => new Socket()

async function open(database: Database, stop: AbortSignal, stream: MakeStream): Promise<OpenSession> {
  const client = new pg.Client(clientConfig(database, stream)) as unknown as ConnectedClient
  const { ssl } = client
  leaveTlsTo(client.connection.stream, client)
  // A failure rejects what is awaited; the event alone must not end the process.
  client.on('error', () => {})
  const destroy = () => client.connection.stream.destroy()
  const stopListening = onAbort(stop, destroy)
  let serverVersion = ''
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    if (parameterName === 'server_version') serverVersion = parameterValue
  })
  try {
    await client.connect()
    const initialSettings = await withinLimit(prepare(client, database), client, database)
    return { client, ssl, initialSettings, serverVersion }
  } catch (error) {
    destroy()
    throw error
  } finally {
    stopListening()
  }
}

/** To a stream that speaks TLS by itself the client writes as if there were none. */
function leaveTlsTo(stream: Socket, client: ConnectedClient): void {
  if (!(stream instanceof TlsSocket)) return
  stream.host = client.host
  client.ssl = false
  client.connection.ssl = false
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
function clientConfig(database: Database, stream: MakeStream): pg.ClientConfig {
  const { max, min, onConnect, name, resetQuery, isolationLevel, readOnly, deferrable, ...rest } = database
  return {
    ...rest,
    keepAlive: database.keepAlive ?? true,
    stream,
  } as unknown as pg.ClientConfig
}
