import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { countryName } from '../countries.js'
import { COLOURS } from '../report/palette.js'
import { count, whole } from '../summary.js'
import type { TourResult } from '../tasks/plan-tour.js'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
  readonly #tours: FoundTour[] = []
  #world = ''

  /** @param svg the map without tours */
  begin(svg: string): void {
    this.#world = svg
  }

  found({ country, cities, kilometresAfter, path }: TourResult): void {
    const title = `${countryName(country)}: ${count(cities, 'city', 'cities')}, ${whole(kilometresAfter)} km`
    this.#tours.push({ country, title, path, colour: this.#tours.length % COLOURS })
  }

  /** @returns whether the request was for the map */
  answer({ method, url = '' }: IncomingMessage, response: ServerResponse): boolean {
    // Not by `URL`, which throws for some of what a request may ask for.
    const [path = '', search = ''] = url.split('?', 2)
    if (!path.startsWith('/map/')) return false
    const from = Number(new URLSearchParams(search).get('from'))
    const file = this.#file(path.slice('/map/'.length), from)
    if (file === undefined) send(response, 404, 'text/plain', 'There is no such page.\n')
    else if (method !== 'GET') send(response, 405, 'text/plain', 'This can only be read.\n')
    else send(response, 200, ...file)
    return true
  }

  /** @param from the number of tours that the page has */
  #file(name: string, from: number): [type: string, body: string | Buffer] | undefined {
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
        return ['application/json', JSON.stringify(this.#tours.slice(from))]
    }
    return undefined
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const headers = {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  }
  response.writeHead(status, headers).end(body)
}
