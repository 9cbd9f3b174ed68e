import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionBroker } from '@pglease/broker'
import { LoopbackServer } from '@pglease/commands'
import { createDashboard, type Dashboard, type DashboardExecutor } from '@pglease/dashboard'
import type { LiveMap } from './live-map.js'

/** The page of the pool, and the map as it grows, for this machine only. */
export class LivePage {
  #server: LoopbackServer | undefined
  /** From the broker's beginning. */
  #dashboard: Dashboard | undefined

  private constructor(private readonly map: LiveMap) {}

  /** On a free port. */
  static async open(map: LiveMap): Promise<LivePage> {
    const page = new LivePage(map)
    page.#server = await LoopbackServer.open((request, response) => page.#answer(request, response), refuse)
    return page
  }

  get url(): string {
    return this.#server!.url
  }

  show(broker: ConnectionBroker, executor: DashboardExecutor): void {
    this.#dashboard = createDashboard(broker, executor)
  }

  [Symbol.dispose](): void {
    this.#dashboard?.close()
    this.#server?.[Symbol.dispose]()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.map.answer(request, response)) return
    if (this.#dashboard === undefined) return refuse(response, 503, 'The run is about to begin.')
    this.#dashboard(request, response)
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', refresh: '1' }).end(`${text}\n`)
}
