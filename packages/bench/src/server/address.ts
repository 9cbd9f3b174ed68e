import type { EmbeddedPostgres } from '@pglease/postgres'

/** How to reach the server, in the fields of `pg`. Crosses between threads. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly ssl?: { readonly ca: string }
}

export type Route = 'socket' | 'tls'

/** Windows has no Unix socket for Node: TCP without TLS takes its place. */
export function addressOf(server: EmbeddedPostgres, route: Route): Address {
  const { host, port, user, password, database, certificate, socketDirectory } = server
  const login = { port, user, password, database }
  if (route === 'socket') return { host: socketDirectory ?? host, ...login }
  if (certificate === undefined) throw new Error('The server was started without TLS')
  return { host, ...login, ssl: { ca: certificate.cert } }
}
