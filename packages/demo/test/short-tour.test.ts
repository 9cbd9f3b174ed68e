import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shortTour } from '../src/tour/index.js'
import { anyPlaces, naiveLength, placesOf } from './support/places.js'

const MOVES = { budget: { moves: 500 } }

/** What rounding may make of a sum of distances, in kilometres: between antipodes an arcsine has half of its digits. */
const ROUNDING_KM = 0.01

const indexes = (size: number) => Array.from({ length: size }, (_, i) => i)

describe('a short tour', () => {
  test('visits each place exactly once, wherever the places are', () => {
    fc.assert(
      fc.property(anyPlaces(), (places) => {
        const { order } = shortTour(places, MOVES)
        expect([...order].sort((a, b) => a - b)).toEqual(indexes(places.length))
      }),
    )
  })

  test('has the lengths that a naive sum gives, and is never longer than its start', () => {
    fc.assert(
      fc.property(anyPlaces(), (places) => {
        const start = shortTour(places, { budget: { moves: 0 } })
        const tour = shortTour(places, MOVES)
        expect(Math.abs(tour.kilometresAfter - naiveLength(places, tour.order))).toBeLessThan(ROUNDING_KM)
        expect(Math.abs(tour.kilometresBefore - naiveLength(places, start.order))).toBeLessThan(ROUNDING_KM)
        expect(tour.kilometresAfter).toBeLessThanOrEqual(tour.kilometresBefore)
      }),
    )
  })

  test('is the same for the same seed and number of moves', () => {
    fc.assert(
      fc.property(anyPlaces(), fc.nat(), (places, seed) => {
        expect(shortTour(places, { ...MOVES, seed })).toEqual(shortTour(places, { ...MOVES, seed }))
      }),
    )
  })

  test('is another one for another seed', () => {
    const places = placesOf('CH')
    const orders = [1, 2].map((seed) => shortTour(places, { budget: { moves: 20_000 }, seed }).order)
    expect(orders[0]).not.toEqual(orders[1])
  })

  test('gets no longer with a greater budget', () => {
    const places = placesOf('AT')
    const lengths = [0, 1000, 10_000, 100_000].map(
      (moves) => shortTour(places, { budget: { moves } }).kilometresAfter,
    )
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a))
  })

  test.each([0, 1, 2, 3, 4, 5, 7, 8, 9])('exists for %d places', (size) => {
    const places = placesOf('IT').slice(0, size)
    const { order, kilometresAfter } = shortTour(places, MOVES)
    expect([...order].sort()).toEqual(indexes(size))
    expect(kilometresAfter).toBeCloseTo(naiveLength(places, order))
  })

  test('exists for places that are all the same', () => {
    const places = Array.from({ length: 5000 }, () => ({ longitude: 7, latitude: 46 }))
    const { order, kilometresAfter } = shortTour(places, MOVES)
    expect(new Set(order).size).toBe(5000)
    expect(kilometresAfter).toBe(0)
  })

  test('goes around a circle in its order', () => {
    const places = indexes(100).map((i) => ({ longitude: ((i * 37) % 100) * 3.6 - 180, latitude: 80 }))
    const { order } = shortTour(places, { budget: { moves: 20_000 } })
    const steps = Array.from(order, (index, i) => {
      const gap = Math.abs(places[index]!.longitude - places[order[(i + 1) % 100]!]!.longitude)
      return Math.round(Math.min(gap, 360 - gap) * 10)
    })
    expect(new Set(steps)).toEqual(new Set([36]))
  })

  test('crosses the antimeridian as if it were not there', () => {
    const places = placesOf('FJ')
    const shifted = places.map(({ longitude, latitude }) => ({ longitude: longitude - 178, latitude }))
    const [there, here] = [places, shifted].map((each) => shortTour(each, MOVES).kilometresAfter)
    expect(there).toBeCloseTo(here!)
  })

  test('flies to Hawaii once and back once', () => {
    const places = placesOf('US')
    const { order, kilometresBefore, kilometresAfter } = shortTour(places, { budget: { moves: 200_000 } })
    const isHawaii = (i: number) => places[i]!.longitude < -154 && places[i]!.latitude < 23
    const flights = order.filter((place, i) => isHawaii(place) !== isHawaii(order[(i + 1) % order.length]!))
    expect(flights).toHaveLength(2)
    expect(kilometresAfter).toBeLessThan(kilometresBefore * 0.78)
  })
})

describe('a budget', () => {
  test('of moves bounds them', () => {
    for (const moves of [0, 1, 31, 33, 1000]) {
      expect(shortTour(placesOf('CH'), { budget: { moves } }).moves).toBe(moves)
    }
  })

  test('of no time leaves the first tour', () => {
    const { kilometresBefore, kilometresAfter } = shortTour(placesOf('CH'), { budget: { millis: 0 } })
    expect(kilometresAfter).toBeCloseTo(kilometresBefore)
  })

  test('of time ends', () => {
    const { moves } = shortTour(placesOf('CH'), { budget: { millis: 20 } })
    expect(moves).toBeGreaterThan(0)
  })

  test.each([-1, Number.NaN])('of %d is refused', (limit) => {
    expect(() => shortTour([], { budget: { moves: limit } })).toThrow(RangeError)
    expect(() => shortTour([], { budget: { millis: limit } })).toThrow(RangeError)
  })

  test('is told of while it is spent, from the start to the end', () => {
    const told: number[] = []
    shortTour(placesOf('CH'), { budget: { moves: 10_000 }, onCheck: (fraction) => told.push(fraction) })
    expect(told[0]).toBe(0)
    expect(told.at(-1)).toBe(1)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  test('is cut short by a callback that throws', () => {
    const stop = new Error('stop')
    let calls = 0
    const onCheck = () => {
      if (++calls === 10) throw stop
    }
    expect(() => shortTour(placesOf('CH'), { budget: {}, onCheck })).toThrow(stop)
  })
})
