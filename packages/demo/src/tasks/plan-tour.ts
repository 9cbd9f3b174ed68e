import type { LeasedClient, TaskContext } from '@pglease/client'
import { drawTour } from '../report/world-map.js'
import { shortTour, type TourBudget } from '../tour/index.js'

export interface TourRequest {
  readonly country: string
  readonly budget: TourBudget
  readonly seed: number
  /** Whether its line on the map is wanted as well. */
  readonly drawn: boolean
}

export interface TourResult {
  readonly country: string
  readonly cities: number
  readonly kilometresBefore: number
  readonly kilometresAfter: number
  readonly moves: number
  /** Of the computation alone. */
  readonly seconds: number
  /** Its line on the map, as SVG has it; empty where that was not wanted. */
  readonly path: string
}

interface City {
  readonly id: number
  readonly longitude: number
  readonly latitude: number
}

const MILLIS_BETWEEN_REPORTS = 100

/** A tour that is not stored yet. */
export interface FoundTour {
  readonly result: TourResult
  /** The ids of its cities, in their order. */
  readonly stops: readonly number[]
}

/** Plans and stores the tour of one country; reports the fraction done while it computes. */
export async function planTour(request: TourRequest, context: TaskContext): Promise<TourResult> {
  const found = await findTour(request, context)
  await context.withConnection(async (db) => {
    await db.query('begin')
    if (!(await storeTour(db, found))) throw new Error(`${request.country} has a tour already`)
    await db.query('commit')
  })
  return found.result
}

/** Plans the tour of one country, and holds no connection while it computes. */
export async function findTour(request: TourRequest, context: TaskContext): Promise<FoundTour> {
  const { country, budget, seed, drawn } = request
  const { rows: cities } = await context.db.query<City>(
    'select id, longitude, latitude from pglease_demo.cities where country = $1 order by id',
    [country],
  )
  // Computing needs no connection: another task may have it.
  context.db.release()
  const started = performance.now()
  const tour = shortTour(cities, { budget, seed, onCheck: reporter(context) })
  const seconds = (performance.now() - started) / 1000
  const { order, kilometresBefore, kilometresAfter, moves } = tour
  const path = drawn ? drawTour(Array.from(order, (index) => placeOf(cities[index]!))) : ''
  const result = { country, cities: cities.length, kilometresBefore, kilometresAfter, moves, seconds, path }
  return { result, stops: Array.from(order, (index) => cities[index]!.id) }
}

const placeOf = ({ longitude, latitude }: City) => [longitude, latitude] as const

/** Stops the computation when the caller has aborted, and tells it now and then how far it is. */
function reporter({ throwIfAborted, reportProgress }: TaskContext): (fraction: number) => void {
  let reported = Number.NEGATIVE_INFINITY
  return (fraction) => {
    throwIfAborted()
    const now = performance.now()
    if (now - reported < MILLIS_BETWEEN_REPORTS) return
    reported = now
    reportProgress(fraction)
  }
}

/**
 * In a transaction of the caller's.
 * @returns false where the country has a tour already, which stays
 */
export async function storeTour(db: LeasedClient, { result, stops }: FoundTour): Promise<boolean> {
  const { country, kilometresBefore, kilometresAfter } = result
  const { rowCount } = await db.query(
    'insert into pglease_demo.tours values ($1, $2, $3) on conflict do nothing',
    [country, kilometresBefore, kilometresAfter],
  )
  if (rowCount === 0) return false
  await db.query(
    `insert into pglease_demo.stops (country, position, city_id)
     select $1, position, city_id from unnest($2::integer[]) with ordinality as stop (city_id, position)`,
    [country, stops],
  )
  return true
}
