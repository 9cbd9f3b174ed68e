import pg from 'pg'
import { socketConnectionString, tcpConnectionString } from './connection-strings.js'
import type { KeeperProcess } from './keeper-process.js'
import type { Certificate, ShutDownMode } from './messages.js'
import { query } from './query.js'

/** What is known of a server that has just started. */
interface Started {
  keeper: KeeperProcess
  processId: number
  port: number
  password: string
  certificate: Certificate | undefined
  socketDirectory: string | undefined
  dataDirectory: string
}

/** A running server, and how to connect to it as its superuser. */
export class EmbeddedPostgres {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly user = 'postgres'
  /** Every connection has to give it (SCRAM-SHA-256). */
  readonly password: string
  readonly database = 'postgres'
  /** A client trusts the server with `ssl: { ca: certificate.cert }`. Undefined when it was started without `ssl`. */
  readonly certificate: Certificate | undefined
  /** The folder of the server's Unix socket, which `pg` takes as a `host`. Undefined on Windows. */
  readonly socketDirectory: string | undefined
  /** Where its data is, which only its user can read. */
  readonly dataDirectory: string
  readonly #keeper: KeeperProcess
  #processId: number
  #version: string | undefined
  #stopped: Promise<void> | undefined

  /** Makes sure that the server lets us in. */
  static async connect(started: Started): Promise<EmbeddedPostgres> {
    const server = new EmbeddedPostgres(started)
    const [row] = await query<{ server_version: string }>(server.connectionString, 'SHOW server_version')
    server.#version = row?.server_version
    return server
  }

  private constructor(started: Started) {
    const { keeper, processId, port, password, certificate, socketDirectory, dataDirectory } = started
    this.#keeper = keeper
    this.#processId = processId
    this.port = port
    this.password = password
    this.certificate = certificate
    this.socketDirectory = socketDirectory
    this.dataDirectory = dataDirectory
  }

  /** Over TCP. */
  get connectionString(): string {
    return tcpConnectionString(this)
  }

  /** Over the Unix socket. Undefined on Windows. */
  get socketConnectionString(): string | undefined {
    return this.socketDirectory && socketConnectionString(this, this.socketDirectory)
  }

  /** The id of the server's main process, or of the last one while it is down. A restart changes it. */
  get processId(): number {
    return this.#processId
  }

  /** The server's version, such as `18.4`. */
  get version(): string {
    return this.#version!
  }

  /**
   * Makes an empty database and returns its connection string, over TCP.
   * @throws {pg.DatabaseError} when there is one of that name.
   */
  async createDatabase(name: string): Promise<string> {
    await query(this.connectionString, `CREATE DATABASE ${pg.escapeIdentifier(name)}`)
    return tcpConnectionString({ ...this, database: name })
  }

  /** Ends all sessions and starts again, on the same port and with the same data. */
  async restart(mode: ShutDownMode = 'fast'): Promise<void> {
    await this.shutDown(mode)
    await this.launch()
  }

  /** Ends all sessions and the server, and keeps its data for `launch`. */
  async shutDown(mode: ShutDownMode = 'fast'): Promise<void> {
    await this.#keeper.shutDown(mode)
  }

  /** Starts the server again that was shut down. Resolves when it lets clients in. */
  async launch(): Promise<void> {
    const { processId } = await this.#keeper.run({ kind: 'launch' })
    this.#processId = processId
  }

  /** Makes a standby a primary. Resolves when it takes writes. */
  async promote(): Promise<void> {
    await query(this.connectionString, 'SELECT pg_promote()')
  }

  /** Ends all sessions and the server, and removes its files. Resolves when that is done. May be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#keeper.end()
    return this.#stopped
  }
}
