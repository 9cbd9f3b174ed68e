import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArrayTour } from '../src/tour/array-tour.js'
import { orderAlongCurve } from '../src/tour/curve.js'
import { nearestNeighbours } from '../src/tour/neighbours.js'
import { randomBelow } from '../src/tour/random.js'
import { Sphere } from '../src/tour/sphere.js'
import { anyPlaces, haversine, naiveLength, placesOf } from './support/places.js'

describe('the curve', () => {
  test('meets each place once', () => {
    fc.assert(
      fc.property(anyPlaces(), (places) => {
        expect([...orderAlongCurve(places)].sort((a, b) => a - b)).toEqual([...places.keys()])
      }),
    )
  })

  test('passes from each cell of a grid to one that touches it', () => {
    const side = 32
    const places = Array.from({ length: side * side }, (_, i) => ({
      longitude: (i % side) / 1000,
      latitude: Math.floor(i / side) / 1000,
    }))
    const diagonal = haversine(places[0]!, places[side + 1]!) * 1.001
    const order = orderAlongCurve(places)
    const legs = Array.from(order, (place, i) =>
      haversine(places[place]!, places[order[(i + 1) % order.length]!]!),
    )
    expect(Math.max(...legs)).toBeLessThan(diagonal)
  })

  test('gives a tour about a third longer than the best', () => {
    const places = placesOf('FR')
    const shuffled = naiveLength(places, [...places.keys()])
    expect(naiveLength(places, orderAlongCurve(places))).toBeLessThan(shuffled / 5)
  })
})

describe('the nearest neighbours', () => {
  test('are those that looking at all places finds, nearest first', () => {
    fc.assert(
      fc.property(anyPlaces(), fc.integer({ min: 0, max: 12 }), (places, wanted) => {
        const sphere = new Sphere(places)
        const { count, ids, kilometres } = nearestNeighbours(sphere, wanted)
        expect(count).toBe(Math.max(0, Math.min(wanted, places.length - 1)))
        for (const place of places.keys()) {
          const found = [...ids.subarray(place * count, (place + 1) * count)]
          const others = [...places.keys()].filter((other) => other !== place)
          const distances = others.map((other) => sphere.kilometres(place, other)).sort((a, b) => a - b)
          expect(new Set(found).size).toBe(count)
          expect(found).not.toContain(place)
          expect(found.map((other) => sphere.kilometres(place, other))).toEqual(distances.slice(0, count))
          expect([...kilometres.subarray(place * count, (place + 1) * count)]).toEqual(
            distances.slice(0, count),
          )
        }
      }),
    )
  })
})

describe('the distance', () => {
  test('is the haversine formula’s', () => {
    fc.assert(
      fc.property(anyPlaces(8), (places) => {
        const sphere = new Sphere(places)
        for (const [a, from] of places.entries()) {
          for (const [b, to] of places.entries())
            expect(sphere.kilometres(a, b)).toBeCloseTo(haversine(from, to), 3)
        }
      }),
    )
  })

  test('is known for a quarter of the Earth', () => {
    const sphere = new Sphere([
      { longitude: 0, latitude: 0 },
      { longitude: 123, latitude: 90 },
    ])
    expect(sphere.kilometres(0, 1)).toBeCloseTo((6371.0088 * Math.PI) / 2)
  })
})

describe('an array tour', () => {
  const size = 12
  const links = (tour: ArrayTour) =>
    Array.from({ length: size }, (_, i) => [i, tour.next(i)].sort((a, b) => a - b).join('–')).sort()

  test('exchanges two links, in either direction, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(size - 1), fc.nat(size - 1), fc.boolean(), (a, b, forward) => {
        fc.pre(a !== b)
        const tour = new ArrayTour(size)
        const after = (place: number) => (forward ? tour.next(place) : tour.previous(place))
        const [aNext, bNext] = [after(a), after(b)]
        fc.pre(aNext !== b && bNext !== a)
        const before = links(tour)
        tour.exchange(a, aNext, b)
        const join = (x: number, y: number) => [x, y].sort((m, n) => m - n).join('–')
        const wanted = before.filter((link) => link !== join(a, aNext) && link !== join(b, bNext))
        expect(links(tour)).toEqual([...wanted, join(a, b), join(aNext, bNext)].sort())
        expect(tour.previous(tour.next(a))).toBe(a)
      }),
    )
  })

  test('takes back what was not kept', () => {
    const run = fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: size }))
    fc.assert(
      fc.property(fc.array(run), fc.array(run), (kept, undone) => {
        const tour = new ArrayTour(size)
        for (const [start, length] of kept) tour.reverse(start, length)
        tour.keep()
        const before = tour.order()
        for (const [start, length] of undone) tour.reverse(start, length)
        tour.undo()
        expect(tour.order()).toEqual(before)
      }),
    )
  })
})

describe('the random numbers', () => {
  test('are the same for the same seed, and below the limit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 1000 }), (seed, limit) => {
        const [one, two] = [randomBelow(seed), randomBelow(seed)]
        for (let i = 0; i < 20; i++) {
          const value = one(limit)
          expect(value).toBe(two(limit))
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThan(limit)
          expect(Number.isInteger(value)).toBe(true)
        }
      }),
    )
  })
})
