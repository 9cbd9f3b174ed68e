import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConnectionBroker } from '@pglease/broker'
import { createDashboard, type Dashboard, type DashboardExecutor } from '@pglease/dashboard'
import type { LiveMap } from './live-map.js'

const HOST = '127.0.0.1'

/** The page of the pool, and the map as it grows, for this machine only. */
export class LivePage {
  readonly #server: Server
  /** From the broker's beginning. */
  #dashboard: Dashboard | undefined

  private constructor(private readonly map: LiveMap) {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  /** On a free port. */
  static async open(map: LiveMap): Promise<LivePage> {
    const page = new LivePage(map)
    page.#server.listen(0, HOST)
    await once(page.#server, 'listening')
    return page
  }

  get url(): string {
    return `http://${this.#host}/`
  }

  show(broker: ConnectionBroker, executor: DashboardExecutor): void {
    this.#dashboard = createDashboard(broker, executor)
  }

  [Symbol.dispose](): void {
    this.#dashboard?.close()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  get #host(): string {
    return `${HOST}:${(this.#server.address() as AddressInfo).port}`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // A page of elsewhere whose name leads here must not read it.
    if (request.headers.host !== this.#host) return refuse(response, 403, 'This is for one machine only.')
    if (this.map.answer(request, response)) return
    if (this.#dashboard === undefined) return refuse(response, 503, 'The run is about to begin.')
    this.#dashboard(request, response)
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', refresh: '1' }).end(`${text}\n`)
}
