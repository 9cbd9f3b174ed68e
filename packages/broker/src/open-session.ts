import type { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { onAbort, PlainSocket } from '@pglease/client/internal'
import pg from 'pg'
import type { Database } from './database-options.js'
import { settingsOf, transactionSettings, watchCustomSettings } from './session-settings.js'

/** What `pg.Client` does not declare. */
type ConnectedClient = pg.Client & {
  connection: EventEmitter & { stream: Socket }
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
  /** The statements that put back what a reset takes away of its initial state. */
  initialSettings: readonly string[]
  serverVersion: string
}

/** Connects, runs `onConnect`, and remembers the settings that it made. @throws the error of pg or of the hook. */
export async function openSession(database: Database, stop: AbortSignal): Promise<OpenSession> {
  const client = new pg.Client(clientConfig(database)) as unknown as ConnectedClient
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
    return { client, initialSettings, serverVersion }
  } catch (error) {
    destroy()
    throw error
  } finally {
    stopListening()
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
  return {
    ...rest,
    keepAlive: database.keepAlive ?? true,
    // TLS reads from a stream.
    stream: ({ ssl }: { ssl?: unknown }) => (ssl ? new Socket() : new PlainSocket()),
  } as unknown as pg.ClientConfig
}
