import { messageOf, UsageError } from '@pglease/commands'
import { startPostgres } from '@pglease/postgres'
import pg from 'pg'
import type { DemoOptions } from './arguments.js'

/** For a server that does not answer. */
const CONNECTION_TIMEOUT_MILLIS = 5000

/** What the embedded server allows beyond the job's connections: the observer, and Postgres's own reserve. */
const SPARE_CONNECTIONS = 20

export interface Server {
  readonly connectionString: string
  /** The embedded server ends here, the user's own does not. */
  [Symbol.asyncDispose](): Promise<void>
}

export async function openServer({ databaseUrl, port, connections }: DemoOptions): Promise<Server> {
  if (databaseUrl !== undefined) {
    return { connectionString: databaseUrl, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const settings = { max_connections: connections + SPARE_CONNECTIONS }
  const embedded = await startPostgres(port === undefined ? { settings } : { settings, port })
  return { connectionString: embedded.connectionString, [Symbol.asyncDispose]: () => embedded.stop() }
}

/** The same address under a name by which `pg_stat_activity` tells its connections; the last of two names counts. */
export function withApplicationName(connectionString: string, name: string): string {
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}application_name=${encodeURIComponent(name)}`
}

/** @throws an Error whose message says what is wrong with the address and what to do */
export async function connect(connectionString: string, applicationName: string): Promise<pg.Client> {
  const client = newClient(withApplicationName(connectionString, applicationName))
  // Queries tell of a lost connection; without a listener the event would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => {})
    throw new Error(explain(error as Failure, client), { cause: error })
  }
}

function newClient(connectionString: string): pg.Client {
  try {
    return new pg.Client({ connectionString, connectionTimeoutMillis: CONNECTION_TIMEOUT_MILLIS })
  } catch {
    throw new UsageError(
      'The database URL cannot be read: it must look like postgres://user:password@host:5432/database.',
    )
  }
}

type Failure = Error & { code?: string }

function explain(error: Failure, { host, port, user, database }: pg.Client): string {
  const where = host.startsWith('/') ? `the socket in ${host}` : `${host}:${port}`
  const check = 'Check --database-url or DATABASE_URL.'
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `No Postgres listens at ${where}. Start it, or leave the URL out to use an embedded one. ${check}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host "${host}". ${check}`
    case '28P01':
    case '28000':
      return `Postgres at ${where} refuses the user "${user}": ${error.message}. Correct the user or the password. ${check}`
    case '3D000':
      return `Postgres at ${where} has no database "${database}". Create it or name another. ${check}`
  }
  if (error.message.startsWith('SASL')) return `Postgres at ${where} wants a password for "${user}". ${check}`
  if (error.message.includes('timeout')) {
    return `Postgres at ${where} did not answer within ${CONNECTION_TIMEOUT_MILLIS / 1000} seconds. ${check}`
  }
  return `Cannot connect to Postgres at ${where}: ${messageOf(error)}. ${check}`
}
