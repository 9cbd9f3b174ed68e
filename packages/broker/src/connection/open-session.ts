import { Socket } from 'node:net'
import { knownPg, openSsl, PlainSocket } from '@pglease/client/internal'
import type pg from 'pg'
import { asError } from '../common/as-error.js'
import type { RelayReason } from '../common/statistics.js'
import type { ConnectingClient } from './connecting-client.js'
import type { Database } from './database-options.js'
import type { Host } from './hosts.js'
import { relayReason } from './relay-reason.js'
import { checkAttributes } from './session-attributes.js'
import { settingsOf, transactionSettings, watchCustomSettings } from './session-settings.js'
import { startTls } from './tls-client.js'
import { type TlsOptions, withSafeCheck } from './tls-options.js'
import { LeftToNodeError, TlsSocket } from './tls-socket.js'
import { type Attempt, tryHosts } from './try-hosts.js'
import { watchStart } from './watched-start.js'

interface ParameterStatus {
  parameterName: string
  parameterValue: string
}

/** What is remembered of the settings that a server reports. */
const NOTED: readonly string[] = ['server_version', 'in_hot_standby', 'default_transaction_read_only']

/** The most characters of each: it may say what it likes. */
const MOST_NOTED = 256

/** A session that `pg.Client` has opened and the database's options have prepared. */
export interface OpenSession {
  client: ConnectingClient
  /** The TLS that it was asked for, by whoever speaks it. */
  ssl: unknown
  /** The statements that put back what a reset takes away of its initial state. */
  initialSettings: readonly string[]
  /** As the server reports it, such as `18.4 (Debian 18.4-1)`. */
  serverVersion: string
  /** Why no worker can have its socket. */
  relayReason: RelayReason | undefined
  /** Whether its statements may outlive the leases. */
  keepsStatements: boolean
}

/** What makes the stream of a new client, of the options that are its connection's. */
type MakeStream = (options: { ssl?: unknown; sslNegotiation?: string }) => Socket

/** Who speaks TLS, where it is asked for: OpenSSL with a session that workers can have, or Node, also where that has failed. */
type TlsSpeaker = 'shared' | 'node' | 'node, for ours has failed'

/**
 * Connects to the first host that will do, runs `onConnect`, and remembers the settings that it made.
 * @throws the error of pg or of the hook, or a HostsError.
 */
export function openSession(database: Database, stop: AbortSignal): Promise<OpenSession> {
  const { hosts, targetSessionAttributes, connectionTimeoutMillis: limit } = database
  return tryHosts(hosts, targetSessionAttributes, limit, stop, async (attempt) => {
    try {
      return await open(database, attempt, stop, database.handOver ? 'shared' : 'node')
    } catch (error) {
      if (!(error instanceof LeftToNodeError)) throw error
      return open(database, attempt, stop, 'node, for ours has failed')
    }
  })
}

/** One whose TLS, if it has any, the threads can use. */
const sharedStream: MakeStream = ({ ssl, sslNegotiation }) => {
  if (!ssl) return new PlainSocket()
  const isDirect = sslNegotiation === 'direct'
  const session = startTls(ssl as TlsOptions, isDirect)
  return session === undefined ? nodeStream({ ssl }) : new TlsSocket(session, ssl as TlsOptions, isDirect)
}

/** Whether the database's options, or the environment, ask for TLS that the threads can use. */
export function usesSharedTls(database: Database): boolean {
  if (!database.handOver) return false
  try {
    return Boolean(unconnected(database).ssl) && openSsl() !== undefined
  } catch {
    // What is wrong with them the first connection tells.
    return false
  }
}

/**
 * A client that tells what pg makes of the database's options and the environment; of several hosts it is for the first.
 * @throws the error of pg.
 */
export function unconnected(database: Database): ConnectingClient {
  return new knownPg.Client(
    clientConfig(database, database.hosts[0]!, nodeStream),
  ) as unknown as ConnectingClient
}

/** `pg.Client` lays TLS on top. */
const nodeStream: MakeStream = ({ ssl }) => (ssl ? new Socket() : new PlainSocket())

async function open(
  database: Database,
  { host, wanted, limitMillis, chosen }: Attempt,
  stop: AbortSignal,
  speaker: TlsSpeaker,
): Promise<OpenSession> {
  const makeStream = speaker === 'shared' ? sharedStream : nodeStream
  const client = new knownPg.Client(clientConfig(database, host, makeStream)) as unknown as ConnectingClient
  const ssl = withSafeCheck(client.ssl)
  client.connection.ssl = ssl
  const { stream } = client.connection
  if (stream instanceof TlsSocket) leaveTlsTo(stream, client)
  const reported = new Map<string, string>()
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    if (NOTED.includes(parameterName)) reported.set(parameterName, parameterValue.slice(0, MOST_NOTED))
  })
  const initialSettings = await watchStart(client, { limitMillis, stop }, async () => {
    const connected = client.connect()
    keepNobodyAlive(stream)
    await connected
    await checkAttributes(client, reported, wanted)
    chosen()
    return prepare(client, database)
  })
  const serverVersion = reported.get('server_version') ?? ''
  const tls = !ssl ? 'none' : stream instanceof TlsSocket || speaker !== 'shared' ? speaker : 'node'
  const keepsStatements = database.prepare === 'connection'
  return {
    client,
    ssl,
    initialSettings,
    serverVersion,
    relayReason: relayReason(database, tls),
    keepsStatements,
  }
}

/**
 * Who waits for the connection keeps the process alive: it may be for nobody. Until the server's first packet has come, or the
 * attempt has failed, Node keeps it alive all the same.
 */
function keepNobodyAlive(stream: Socket): void {
  stream.unref()
  // Of a name with several addresses each has a handle of its own.
  stream.once('connect', () => stream.unref())
}

/** To a stream that speaks TLS by itself the client writes as if there were none. */
function leaveTlsTo(stream: TlsSocket, client: ConnectingClient): void {
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

/** The options that are pg's. Of the limit it would know a part only. */
function clientConfig(database: Database, host: Host, stream: MakeStream): pg.ClientConfig {
  const {
    max,
    min,
    onConnect,
    name,
    prepare,
    showStatements,
    nameTasks,
    resetQuery,
    handOver,
    isolationLevel,
    readOnly,
    deferrable,
    hosts,
    targetSessionAttributes,
    password,
    ...rest
  } = database
  return {
    ...rest,
    password: typeof password === 'function' ? () => askedFor(password) : password,
    ...host.options,
    connectionTimeoutMillis: 0,
    keepAlive: database.keepAlive ?? true,
    stream,
  } as unknown as pg.ClientConfig
}

/** What is thrown is always an error: pg takes a rejection with nothing, or with what counts as false, for a success. */
async function askedFor(password: () => string | Promise<string>): Promise<string> {
  try {
    return await password()
  } catch (thrown) {
    throw asError(thrown)
  }
}
