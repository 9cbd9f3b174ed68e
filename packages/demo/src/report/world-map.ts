import { createRequire } from 'node:module'
import { type GeoPath, geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo'
import type { Feature, FeatureCollection, MultiLineString } from 'geojson'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { countryName } from '../countries.js'
import { count } from '../summary.js'
import { colourApart } from './palette.js'

export interface MappedTour {
  readonly country: string
  /** Longitude and latitude of each city, in the order of the closed tour. */
  readonly places: readonly (readonly [number, number])[]
}

export const MAP_WIDTH = 1600
export const MAP_HEIGHT = 780

/** The map can be enlarged twentyfold and more: a hundredth of its unit is then still below a pixel. */
const TOUR_DIGITS = 2
const LAND_DIGITS = 1

/** Great circles are bent where they would be off by more than this, in units of the map. */
const BEND = 0.05

const require = createRequire(import.meta.url)

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>

/** The tours over the land of the world, as one SVG element without colours of its own. */
export function drawWorldMap(tours: readonly MappedTour[]): string {
  const path = newPath()
  return `<svg id="map" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}" role="img" aria-label="World map of the tours">
${drawLand(path.digits(LAND_DIGITS))}
<g class="tours">
${drawTours(path.digits(TOUR_DIGITS), tours)}
</g>
</svg>`
}

/** The line of one tour, for the same map. */
export function drawTour(places: MappedTour['places']): string {
  return newPath().digits(TOUR_DIGITS)(closedLine(places)) ?? ''
}

function newPath(): GeoPath {
  const extent: [[number, number], [number, number]] = [
    [4, 4],
    [MAP_WIDTH - 4, MAP_HEIGHT - 4],
  ]
  return geoPath(geoEqualEarth().fitExtent(extent, { type: 'Sphere' }).precision(BEND))
}

function drawLand(path: GeoPath): string {
  const atlas = require('world-atlas/countries-50m.json') as Atlas
  const land = feature(atlas, atlas.objects.land) as FeatureCollection
  const borders = mesh(atlas, atlas.objects.countries, (a, b) => a !== b)
  return [
    `<path class="ocean" d="${path({ type: 'Sphere' })}"/>`,
    `<path class="graticule" d="${path(geoGraticule10())}"/>`,
    `<path class="land" d="${path(land)}"/>`,
    `<path class="borders" d="${path(borders)}"/>`,
  ].join('\n')
}

function drawTours(path: GeoPath, tours: readonly MappedTour[]): string {
  const lines = tours.map(({ places }) => closedLine(places))
  const centres = lines.map((line) => path.centroid(line)).map(([x, y]) => ({ x, y }))
  const colours = colourApart(centres)
  return tours
    .map(({ country, places }, i) => {
      const title = `${countryName(country)}: ${count(places.length, 'city', 'cities')}`
      return `<path id="tour-${country}" class="c${colours[i]}" d="${path(lines[i]!) ?? ''}"><title>${title}</title></path>`
    })
    .join('\n')
}

/** As lines and not as a polygon, so that the antimeridian cuts it without drawing along it. */
function closedLine(places: MappedTour['places']): Feature<MultiLineString> {
  const ring = [...places, places[0]!].map(([longitude, latitude]) => [longitude, latitude])
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: [ring] } }
}
