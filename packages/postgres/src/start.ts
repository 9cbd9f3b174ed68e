import { randomBytes } from 'node:crypto'
import { findBinaries } from './binaries.js'
import { EmbeddedPostgres } from './embedded-postgres.js'
import { freePort, isFree } from './free-port.js'
import { KeeperProcess } from './keeper-process.js'
import type { ClusterOptions, Settings } from './messages.js'

export interface PostgresOptions {
  /** Values of postgresql.conf, such as `{ max_connections: 200 }`. Default: PostgreSQL's own, but fast and unsafe. */
  settings?: Settings
  /** Whether TCP connections may use TLS, with a new certificate for `localhost` and 127.0.0.1. Default: false. */
  ssl?: boolean
  /** The TCP port on 127.0.0.1. Default: a free one. */
  port?: number
  /**
   * A server that is shut down: the new one begins with a copy of its data and its settings, and has its password. That is made
   * in a fifth of the time. Default: the one that `shareTemplate` was given, if any.
   */
  template?: Template
}

type Template = Pick<EmbeddedPostgres, 'dataDirectory' | 'password'>

/** Processes that are started hand it on. */
const SHARED = 'PGLEASE_POSTGRES_TEMPLATE'

/** Servers that this process and those it starts from now on ask for are made from this template. */
export function shareTemplate({ dataDirectory, password }: Template): void {
  process.env[SHARED] = JSON.stringify({ dataDirectory, password })
}

function sharedTemplate(): Template | undefined {
  const shared = process.env[SHARED]
  return shared === undefined ? undefined : (JSON.parse(shared) as Template)
}

/**
 * Starts a new Postgres server that only this machine can reach, in about a second, in a temporary folder.
 * However this process ends, the server ends and its folder is removed.
 * @throws {Error} when there is no server for this platform, the port is taken, or the server does not come up.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const { settings = {}, ssl = false, port = await freePort(), template = sharedTemplate() } = options
  if (!(await isFree(port))) {
    throw new Error(`Port ${port} on 127.0.0.1 is taken: choose another one, or none to get a free one.`)
  }
  const binaries = await findBinaries()
  const certificate = ssl ? await (await import('./certificate.js')).selfSigned() : undefined
  const password = template?.password ?? randomBytes(18).toString('base64url')
  const data = template?.dataDirectory
  return startCluster({ binaries, port, password, certificate, settings, data, primary: undefined })
}

/**
 * Starts a hot standby of a server, which is down meanwhile: it follows that one, and answers queries that only read. It has the
 * same user and password.
 */
export async function startStandby(server: EmbeddedPostgres): Promise<EmbeddedPostgres> {
  const { host, user, password, dataDirectory } = server
  const primary = `host=${host} port=${server.port} user=${user} password=${password}`
  const binaries = await findBinaries()
  await server.shutDown()
  try {
    // The primary is there a moment later than the standby.
    const settings = { wal_retrieve_retry_interval: 50 }
    const port = await freePort()
    const data = dataDirectory
    return await startCluster({ binaries, port, password, certificate: undefined, settings, data, primary })
  } finally {
    await server.launch()
  }
}

async function startCluster(cluster: ClusterOptions): Promise<EmbeddedPostgres> {
  const { port, password, certificate } = cluster
  const keeper = new KeeperProcess()
  try {
    const running = await keeper.run({ kind: 'start', cluster })
    return await EmbeddedPostgres.connect({ keeper, ...running, port, password, certificate })
  } catch (error) {
    await keeper.end()
    throw error
  }
}
