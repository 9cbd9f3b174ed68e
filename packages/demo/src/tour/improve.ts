import { ArrayTour } from './array-tour.js'
import type { Meter } from './budget.js'
import { LEAST_GAIN_KM, LocalSearch } from './local-search.js'
import { nearestNeighbours } from './neighbours.js'
import { randomBelow } from './random.js'
import type { Sphere } from './sphere.js'

const NEIGHBOURS = 8

/** Below this no exchange of two links changes a tour. */
const LEAST_IMPROVABLE = 4

/** A kick needs four links apart from each other. */
const LEAST_KICKABLE = 8

/** Kicks stay local, so that their repair does too: runs of at most this many places change sides. */
const LONGEST_KICKED_RUN = 50

/**
 * Shortens the tour that visits the places in the order of their numbers, which must follow a
 * space-filling curve: local search, then kicks and repairs, keeping those that gain, until the budget ends
 * (iterated local search with segment insertion; Johnson and McGeoch, 1997).
 */
export function improve(sphere: Sphere, meter: Meter, seed: number): Int32Array {
  const tour = new ArrayTour(sphere.size)
  if (sphere.size < LEAST_IMPROVABLE) return tour.order()
  const search = new LocalSearch(sphere, nearestNeighbours(sphere, NEIGHBOURS), tour, meter)
  for (let place = 0; place < sphere.size; place++) search.enqueue(place)
  do search.run()
  while (search.exchangeLongLinks())
  tour.keep()
  if (sphere.size < LEAST_KICKABLE) return tour.order()

  const random = randomBelow(seed)
  while (!meter.exhausted) {
    const lost = kick(tour, sphere, search, random)
    meter.countMove()
    if (search.run() - lost > LEAST_GAIN_KM) tour.keep()
    else tour.undo()
  }
  return tour.order()
}

/** Swaps two neighbouring runs: the double bridge, which 2-opt and Or-opt cannot easily undo. Kilometres lost. */
function kick(
  tour: ArrayTour,
  sphere: Sphere,
  search: LocalSearch,
  random: (limit: number) => number,
): number {
  const longest = Math.min(LONGEST_KICKED_RUN, Math.floor((tour.size - 2) / 2))
  const [first, second] = [1 + random(longest), 1 + random(longest)]
  const start = random(tour.size)
  const ends = [
    start + tour.size - 1,
    start,
    start + first - 1,
    start + first,
    start + first + second - 1,
    start + first + second,
  ]
  const [a, b, c, d, e, f] = ends.map((position) => tour.at(position)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  tour.reverse(start, first + second)
  tour.reverse(start, second)
  tour.reverse((start + second) % tour.size, first)
  for (const place of [a, b, c, d, e, f]) search.enqueue(place)
  const removed = sphere.kilometres(a, b) + sphere.kilometres(c, d) + sphere.kilometres(e, f)
  return sphere.kilometres(a, d) + sphere.kilometres(e, b) + sphere.kilometres(c, f) - removed
}
