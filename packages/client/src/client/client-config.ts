import type pg from 'pg'
import type { ServerAddress } from '../lease/contract.js'
import type { ClientOptions } from './client-options.js'
import type { LeaseConnection } from './lease-connection.js'

/** Of a client that is made before the broker has said where the server is. */
const NOWHERE: ServerAddress = { host: 'lease', port: 1, user: 'lease', database: 'lease' }

/**
 * Nothing of the worker's environment may reach a leased client: its address is the broker's to say, its password nobody's. Each
 * value is given, and true, because pg looks up the environment for one that is not.
 */
const CONNECTION = {
  password: 'none',
  ssl: false,
  client_encoding: 'utf8',
  application_name: 'lease',
  options: ' ',
  replication: 'false',
  sslnegotiation: 'postgres',
  connectionTimeoutMillis: 0,
  // Whether it is, the client is told afterwards.
  binary: true,
}

/**
 * The configuration of a leased `pg.Client`. One object of so many fields, spread anew for each lease, falls out of V8's
 * fast objects and makes a lease three times as expensive: what is the same for all of a database is on the prototype.
 */
class ClientConfig {
  readonly connection: LeaseConnection
  readonly types: pg.CustomTypesConfig | undefined
  readonly pipeline: boolean | undefined
  readonly query_timeout: number | undefined
  readonly Promise: PromiseConstructorLike | undefined

  constructor(connection: LeaseConnection, options: ClientOptions) {
    this.connection = connection
    this.types = options.types
    this.pipeline = options.pipeline
    this.query_timeout = options.query_timeout
    this.Promise = options.Promise
  }
}

const classes = new WeakMap<ServerAddress, typeof ClientConfig>()

/** @param address undefined where it is not known yet: see `place`. */
export function clientConfig(
  connection: LeaseConnection,
  options: ClientOptions,
  address: ServerAddress = NOWHERE,
): ClientConfig {
  let Config = classes.get(address)
  if (Config === undefined) {
    Config = class extends ClientConfig {}
    Object.assign(Config.prototype, CONNECTION, address)
    classes.set(address, Config)
  }
  return new Config(connection, options)
}

/** Gives a client that was made before the broker had answered the address of its server. */
export function place(client: object, { host, port, user, database }: ServerAddress): void {
  const placed = client as ServerAddress & {
    connectionParameters: ServerAddress & { isDomainSocket: boolean }
  }
  Object.assign(placed, { host, port, user, database })
  Object.assign(placed.connectionParameters, {
    host,
    port,
    user,
    database,
    isDomainSocket: host.startsWith('/'),
  })
}
