import { UsageError } from '@pglease/commands'
import { NetworkProxy } from '@pglease/faults/proxy'
import { type EmbeddedPostgres, startPostgres } from '@pglease/postgres'
import type { ClusterOptions } from '../arguments.js'

/** What the embedded server allows beyond the members' connections: the supervisor's, and Postgres's own reserve. */
const SPARE_CONNECTIONS = 10

/** The database of a run, and what may be done to it. */
export class Server {
  readonly connectionString: string
  /** Between each member and the server, where the network is to fail; else none. */
  readonly proxies: readonly NetworkProxy[]
  readonly #embedded: EmbeddedPostgres | undefined

  private constructor(url: string, proxies: readonly NetworkProxy[], embedded: EmbeddedPostgres | undefined) {
    this.connectionString = url
    this.proxies = proxies
    this.#embedded = embedded
  }

  static async open({ databaseUrl, processes, connections, faults }: ClusterOptions): Promise<Server> {
    const embedded =
      databaseUrl === undefined
        ? await startPostgres({
            settings: {
              max_connections: processes * connections + SPARE_CONNECTIONS,
              // What a member was told is committed must outlive a stop.
              synchronous_commit: true,
            },
          })
        : undefined
    const url = databaseUrl ?? embedded!.connectionString
    const wanted = faults.includes('network') ? processes : 0
    const proxies = await Promise.all(Array.from({ length: wanted }, () => proxyTo(url)))
    return new Server(url, proxies, embedded)
  }

  /** Where a member connects. */
  connectionStringOf(member: number): string {
    const proxy = this.proxies[member - 1]
    if (proxy === undefined) return this.connectionString
    const url = new URL(this.connectionString)
    url.hostname = proxy.host
    url.port = String(proxy.port)
    return url.href
  }

  /** As in a crash: sessions end without a word. */
  async shutDown(): Promise<void> {
    await this.#embedded!.shutDown('immediate')
  }

  async launch(): Promise<void> {
    await this.#embedded!.launch()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()))
    await this.#embedded?.stop()
  }
}

function proxyTo(connectionString: string): Promise<NetworkProxy> {
  const { hostname, port } = URL.canParse(connectionString) ? new URL(connectionString) : { hostname: '' }
  if (hostname === '')
    throw new UsageError('--faults network cuts TCP: give a database URL that names a host, not a socket.')
  return NetworkProxy.start({ host: hostname, port: Number(port || 5432) }, 'tcp', false)
}
