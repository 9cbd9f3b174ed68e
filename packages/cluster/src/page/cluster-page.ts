import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LoopbackServer } from '@pglease/commands'
import type { Snapshot } from './snapshot.js'

const MILLIS_BETWEEN_SNAPSHOTS = 500

/** One more is told so. */
const MOST_VIEWERS = 10

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

const own = (name: string) => fileURLToPath(new URL(`../../page/${name}`, import.meta.url))
/** The look is that of the page of one pool. */
const looks = (name: string) =>
  join(dirname(createRequire(import.meta.url).resolve('@pglease/dashboard/package.json')), 'page', name)

/** All that is ever read: a request's path is looked up here, and is never one of the disk. */
const FILES: ReadonlyMap<string, readonly [type: string, path: string]> = new Map([
  ['/', ['text/html', own('cluster.html')]],
  ['/cluster.js', ['text/javascript', own('cluster.js')]],
  ['/cluster.css', ['text/css', own('cluster.css')]],
  ['/page.css', ['text/css', looks('page.css')]],
  ['/icon.svg', ['image/svg+xml', looks('icon.svg')]],
])

/** A page of the whole cluster, for this machine only. */
export class ClusterPage {
  #server: LoopbackServer | undefined
  readonly #viewers = new Set<ServerResponse>()
  readonly #timer: NodeJS.Timeout
  #look: (() => Snapshot) | undefined

  private constructor() {
    this.#timer = setInterval(() => this.#sendAll(), MILLIS_BETWEEN_SNAPSHOTS).unref()
  }

  /** On a free port. */
  static async open(): Promise<ClusterPage> {
    const page = new ClusterPage()
    page.#server = await LoopbackServer.open((request, response) => page.#answer(request, response), refuse)
    return page
  }

  get url(): string {
    return this.#server!.url
  }

  /** From now on what it gives is shown. */
  show(look: () => Snapshot): void {
    this.#look = look
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#server?.[Symbol.dispose]()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0] ?? ''
    const file = FILES.get(path)
    if (file === undefined && path !== '/events') return refuse(response, 404, 'There is no such page.')
    if (request.method !== 'GET') return refuse(response, 405, 'This can only be read.')
    if (file === undefined) return this.#addViewer(response)
    const [type, name] = file
    response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(readFileSync(name))
  }

  #addViewer(response: ServerResponse): void {
    if (this.#viewers.size >= MOST_VIEWERS) return refuse(response, 503, 'As many pages are open as may be.')
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' })
    response.on('error', () => {})
    response.on('close', () => this.#viewers.delete(response))
    this.#viewers.add(response)
    this.#sendAll()
  }

  #sendAll(): void {
    if (this.#look === undefined || this.#viewers.size === 0) return
    const event = `data: ${JSON.stringify(this.#look())}\n\n`
    // Who has not read the last one gets the next.
    for (const viewer of this.#viewers) if (!viewer.writableNeedDrain) viewer.write(event)
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
