import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { countryName } from '../countries.js'
import { COLOURS } from '../report/palette.js'
import { count, whole } from '../summary.js'
import type { TourResult } from '../tasks/plan-tour.js'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Characters. The world's tours are some hundred thousand. */
const MOST_UNREAD = 4_000_000

const asset = (name: string) => readFileSync(new URL(`../../assets/${name}`, import.meta.url))

interface FoundTour {
  readonly country: string
  readonly title: string
  readonly path: string
  /** Of the style sheet's. */
  readonly colour: number
}

/** Below `/map/`: the world, and the tours on it as they are found. */
export class LiveMap {
  /** As events, in the order in which they were found: each has the number of those up to it for an id. */
  readonly #events: string[] = []
  readonly #viewers = new Set<ServerResponse>()
  #world = ''

  /** @param svg the map without tours */
  begin(svg: string): void {
    this.#world = svg
  }

  found({ country, cities, kilometresAfter, path }: TourResult): void {
    const title = `${countryName(country)}: ${count(cities, 'city', 'cities')}, ${whole(kilometresAfter)} km`
    const tour: FoundTour = { country, title, path, colour: this.#events.length % COLOURS }
    const event = `id: ${this.#events.length + 1}\ndata: ${JSON.stringify(tour)}\n\n`
    this.#events.push(event)
    for (const viewer of this.#viewers) {
      viewer.write(event)
      // One that reads nothing connects anew, if it is still there, and has the rest then.
      if (viewer.writableLength > MOST_UNREAD) viewer.destroy()
    }
  }

  /** @returns whether the request was for the map */
  answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    // Not by `URL`, which throws for some of what a request may ask for.
    const [path = ''] = url.split('?', 1)
    if (!path.startsWith('/map/')) return false
    const name = path.slice('/map/'.length)
    if (name === 'tours' && method === 'GET') {
      this.#watch(response, Number(headers['last-event-id'] ?? 0))
      return true
    }
    const file = this.#file(name)
    if (file === undefined) send(response, 404, 'text/plain', 'There is no such page.\n')
    else if (method !== 'GET') send(response, 405, 'text/plain', 'This can only be read.\n')
    else send(response, 200, ...file)
    return true
  }

  /** @param from the number of tours that the page has */
  #watch(response: ServerResponse, from: number): void {
    response.writeHead(200, headersOf('text/event-stream'))
    response.write(`retry: 1000\n\n${this.#events.slice(from).join('')}`)
    this.#viewers.add(response)
    response.on('close', () => this.#viewers.delete(response))
  }

  #file(name: string): [type: string, body: string | Buffer] | undefined {
    switch (name) {
      case '':
        return ['text/html', asset('live-map.html')]
      case 'report.css':
        return ['text/css', asset('report.css')]
      case 'live-map.js':
        return ['text/javascript', asset('live-map.js')]
      case 'world':
        return ['text/html', this.#world]
      case 'tours':
        return ['text/event-stream', '']
    }
    return undefined
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, headersOf(type)).end(body)
}

function headersOf(type: string) {
  return {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  }
}
