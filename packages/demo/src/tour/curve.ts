import { type Place, Sphere } from './sphere.js'

/** Halvings of a side of the square; the curve passes 2^33 triangles, and their numbers are exact in a double. */
const LEVELS = 16

/** An index fits below this, and a triangle's number times it is still exact in a double. */
const INDEX_LIMIT = 2 ** 20

/**
 * The first tour: the places in the order in which Sierpiński's closed curve meets the triangles of a grid
 * that they lie in. O(n log n), about a third longer than the best tour (Platzman and Bartholdi, 1989).
 * @throws RangeError for more than 2^20 places
 */
export function orderAlongCurve(places: readonly Place[]): Int32Array {
  if (places.length > INDEX_LIMIT) throw new RangeError(`cannot order more than ${INDEX_LIMIT} places`)
  const { east, north } = flatten(new Sphere(places))
  const [west, south] = [minimum(east), minimum(north)]
  const extent = Math.max(maximum(east) - west, maximum(north) - south)
  const scale = extent > 0 ? 1 / extent : 0
  const keys = new Float64Array(places.length)
  for (let i = 0; i < keys.length; i++) {
    keys[i] = triangle((east[i]! - west) * scale, (north[i]! - south) * scale) * INDEX_LIMIT + i
  }
  return Int32Array.from(keys.sort(), (key) => key % INDEX_LIMIT)
}

/** Lambert's azimuthal equal-area projection around the middle of the places. */
function flatten({ size, x, y, z }: Sphere): { east: Float64Array; north: Float64Array } {
  const east = new Float64Array(size)
  const north = new Float64Array(size)
  const longitude = Math.atan2(sum(y), sum(x))
  const latitude = Math.atan2(sum(z), Math.hypot(sum(x), sum(y)))
  const [sinLon, cosLon] = [Math.sin(longitude), Math.cos(longitude)]
  const [sinLat, cosLat] = [Math.sin(latitude), Math.cos(latitude)]
  for (let i = 0; i < size; i++) {
    const outward = x[i]! * cosLon + y[i]! * sinLon
    const cosine = outward * cosLat + z[i]! * sinLat
    const scale = Math.sqrt(2 / Math.max(1 + cosine, Number.EPSILON))
    east[i] = (y[i]! * cosLon - x[i]! * sinLon) * scale
    north[i] = (z[i]! * cosLat - outward * sinLat) * scale
  }
  return { east, north }
}

/**
 * How many triangles the curve has passed before the one that holds this point of the unit square. Each
 * half of the square is a right triangle; halving it at its right angle, again and again, gives a bit each
 * time: the first half or the second.
 */
function triangle(x: number, y: number): number {
  let passed = x > y ? 1 : 0
  if (passed) [x, y] = [1 - x, 1 - y]
  for (let level = 0; level < LEVELS; level++) {
    passed *= 4
    if (x + y > 1) {
      passed += 2
      ;[x, y] = [1 - y, x]
    }
    x *= 2
    y *= 2
    if (y > 1) {
      passed += 1
      ;[x, y] = [y - 1, 1 - x]
    }
  }
  return passed
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

const minimum = (values: Float64Array): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)

const maximum = (values: Float64Array): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
