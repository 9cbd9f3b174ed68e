import type { TaskContext } from '@pglease/client'
import { drawWorldMap, type MappedTour } from '../report/world-map.js'

interface Stop {
  readonly country: string
  readonly longitude: number
  readonly latitude: number
}

/** The map of all stored tours, as SVG. */
export async function drawMap(_input: undefined, { db }: TaskContext): Promise<string> {
  const { rows } = await db.query<Stop>(`
    select stops.country, longitude, latitude
    from pglease_demo.stops join pglease_demo.cities on cities.id = city_id
    order by stops.country, position`)
  return drawWorldMap(toursOf(rows))
}

function toursOf(stops: readonly Stop[]): MappedTour[] {
  const tours = new Map<string, [number, number][]>()
  for (const { country, longitude, latitude } of stops) {
    const places = tours.get(country) ?? []
    places.push([longitude, latitude])
    tours.set(country, places)
  }
  return Array.from(tours, ([country, places]) => ({ country, places }))
}
