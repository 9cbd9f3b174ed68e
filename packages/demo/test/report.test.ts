import { describe, expect, test } from 'vitest'
import { renderPage } from '../src/report/page.js'
import { colourApart } from '../src/report/palette.js'
import { drawWorldMap, MAP_HEIGHT, MAP_WIDTH } from '../src/report/world-map.js'

const SUMMARY = {
  countries: 2,
  cities: 5,
  tasks: 2,
  failed: 0,
  threads: 4,
  maxConnections: 2,
  peakConnections: 2,
  leakedConnections: 0,
  verified: true,
  kmBefore: 2000,
  kmAfter: 1500,
  seconds: 1.25,
}

const FIJI = {
  country: 'FJ',
  places: [
    [178.4, -18.1],
    [-179.9, -16.8],
    [177.4, -17.6],
  ] as [number, number][],
}
const VATICAN = { country: 'VA', places: [[12.45, 41.9]] as [number, number][] }

const tour = (country: string, cities: number) => ({
  country,
  cities,
  kilometresBefore: 1000,
  kilometresAfter: 750,
  moves: 10,
  seconds: 0.5,
  path: '',
})

describe('the map', () => {
  const svg = drawWorldMap([FIJI, VATICAN])
  const pathOf = (country: string) => new RegExp(`id="tour-${country}"[^>]* d="([^"]*)"`).exec(svg)![1]!

  test('has coast lines, borders, and a titled line for each tour', () => {
    expect(svg).toMatch(/class="land" d="M/)
    expect(svg).toMatch(/class="borders" d="M/)
    expect(svg).toContain('<title>Fiji: 3 cities</title>')
    expect(svg).toContain('<title>Vatican City: 1 city</title>')
  })

  test('cuts a tour at the antimeridian instead of drawing it across the world', () => {
    const lines = pathOf('FJ').split('M').filter(Boolean)
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) {
      const across = line.split('L').map((point) => Number(point.split(',')[0]))
      expect(Math.max(...across) - Math.min(...across)).toBeLessThan(MAP_WIDTH / 20)
    }
  })

  test('draws nothing outside itself', () => {
    for (const [, x, y] of pathOf('FJ').matchAll(/([\d.-]+),([\d.-]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThanOrEqual(MAP_WIDTH)
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(MAP_HEIGHT)
    }
  })
})

describe('the colours', () => {
  test('differ between near countries', () => {
    const colours = colourApart(Array.from({ length: 9 }, (_, i) => ({ x: i % 3, y: Math.floor(i / 3) })))
    expect(new Set(colours).size).toBe(9)
  })
})

describe('the page', () => {
  const page = renderPage({
    summary: SUMMARY,
    tours: [tour('FJ', 4), tour('VA', 1)],
    map: drawWorldMap([FIJI, VATICAN]),
  })

  test('needs nothing but itself', () => {
    expect(page).not.toMatch(/(src|href)=|https?:|url\(|@import/)
  })

  test('has the summary and a row for each country', () => {
    expect(page).toContain('<dt>most ever open</dt><dd>2</dd>')
    expect(page).toContain('<dd>1,500</dd><dd class="note">25.0 % shorter</dd>')
    expect(page.match(/<tr data-country=/g)).toHaveLength(2)
  })
})
