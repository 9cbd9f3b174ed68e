import { Meter, type TourBudget } from './budget.js'
import { orderAlongCurve } from './curve.js'
import { improve } from './improve.js'
import { type Place, Sphere } from './sphere.js'

export type { TourBudget } from './budget.js'
export { EARTH_RADIUS_KM, type Place } from './sphere.js'

export interface TourOptions {
  readonly budget: TourBudget
  /** Which random kicks are tried; default 1. */
  readonly seed?: number
  /** Called every few moves, so it must be cheap; may throw to stop the computation. */
  readonly onCheck?: (spentFraction: number) => void
}

export interface ShortTour {
  /** Indexes of the places, each once, in the order of the closed tour. */
  readonly order: Int32Array
  /** Great-circle length of the first tour, along a space-filling curve. */
  readonly kilometresBefore: number
  /** Length of the tour returned; never more than `kilometresBefore`. */
  readonly kilometresAfter: number
  readonly moves: number
}

/** Plans a short closed tour through all the places, within the budget. */
export function shortTour(places: readonly Place[], options: TourOptions): ShortTour {
  const { budget, seed = 1, onCheck = () => {} } = options
  const meter = new Meter(budget, onCheck)
  const start = orderAlongCurve(places)
  // Numbered along the curve, places that are close on the globe are close in memory too.
  const sphere = new Sphere(Array.from(start, (i) => places[i]!))
  const order = improve(sphere, meter, seed)
  return {
    order: order.map((i) => start[i]!),
    kilometresBefore: sphere.tourKilometres(Int32Array.from(start.keys())),
    kilometresAfter: sphere.tourKilometres(order),
    moves: meter.moves,
  }
}
