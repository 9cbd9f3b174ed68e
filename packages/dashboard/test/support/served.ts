import { createServer, get, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { until } from '../../../broker/test/support/until.js'
import type { Dashboard } from '../../src/index.js'
import type { Snapshot } from '../../src/snapshot.js'
import { atEnd } from './at-end.js'

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

/** A server on a free port of the loopback, that ends with the test. */
export async function serve(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server: Server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return (server.address() as AddressInfo).port
}

export async function serveDashboard(dashboard: Dashboard): Promise<number> {
  const port = await serve(dashboard)
  atEnd(() => dashboard.close())
  return port
}

/** Asks for this very path, which `fetch` would put in order before. */
export function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** One who watches, until it goes away. */
export class Viewer {
  readonly snapshots: Snapshot[] = []
  state: 'watching' | 'ended' = 'watching'
  #text = ''

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#read(text))
    response.on('error', () => {})
    response.on('close', () => {
      this.state = 'ended'
    })
  }

  static open(port: number): Promise<Viewer> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/events', agent: false }, (response) => {
        const viewer = new Viewer(response)
        atEnd(() => viewer.leave())
        resolve(viewer)
      }).on('error', reject)
    })
  }

  /** The first snapshot, of those to come as well, of which this holds. */
  async sees(holds: (snapshot: Snapshot) => unknown, what: string): Promise<Snapshot> {
    return (await until(() => this.snapshots.find(holds), `to see ${what}`))!
  }

  leave(): void {
    this.response.destroy()
  }

  #read(text: string): void {
    const events = (this.#text + text).split('\n\n')
    this.#text = events.pop()!
    for (const event of events) this.snapshots.push(JSON.parse(event.replace(/^data: /, '')))
  }
}
