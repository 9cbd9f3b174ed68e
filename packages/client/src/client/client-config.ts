import type pg from 'pg'
import type { ClientOptions } from './client-options.js'
import type { LeaseConnection } from './lease-connection.js'

/**
 * Nothing of the worker's environment may reach a leased client: its address is a port, its password nobody's. Each
 * value is given, and true, because pg looks up the environment for one that is not.
 */
const CONNECTION = {
  host: 'lease',
  port: 1,
  user: 'lease',
  database: 'lease',
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
 * fast objects and makes a lease three times as expensive: what is the same for all is on the prototype.
 */
export class ClientConfig {
  readonly connection: LeaseConnection
  readonly types: pg.CustomTypesConfig | undefined
  readonly pipeline: boolean | undefined
  readonly query_timeout: number | undefined

  constructor(connection: LeaseConnection, { types, pipeline, query_timeout }: ClientOptions) {
    this.connection = connection
    this.types = types
    this.pipeline = pipeline
    this.query_timeout = query_timeout
  }
}

Object.assign(ClientConfig.prototype, CONNECTION)
