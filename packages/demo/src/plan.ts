import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import type { DemoOptions, Effort } from './arguments.js'
import { countryName } from './countries.js'
import type { LiveMap } from './live/live-map.js'
import type { LivePage } from './live/live-page.js'
import type { Progress } from './progress.js'
import { count, savedPercent, whole } from './summary.js'
import type { CountrySize } from './tasks/load-cities.js'
import type { TourResult } from './tasks/plan-tour.js'
import type { TourBudget } from './tour/index.js'

type Executor = SharedPoolExecutor<typeof import('./tasks.js')>

/** What shows the run as it goes on. */
export interface Live {
  readonly page: LivePage
  readonly map: LiveMap
}

export interface Failure {
  readonly country: string
  readonly error: unknown
}

export interface Planned {
  readonly tours: readonly TourResult[]
  readonly failures: readonly Failure[]
  /** Countries whose stored tour is not what it should be. */
  readonly wrong: readonly string[]
  readonly map: string
}

/** The main job: everything that needs the broker, from its first connection to its last. */
export async function planAllTours(
  connectionString: string,
  options: DemoOptions,
  signal: AbortSignal,
  progress: Progress,
  live: Live | undefined,
): Promise<Planned> {
  const broker = new ConnectionBroker({
    databases: { default: { connectionString, max: options.connections } },
  })
  const executor: Executor = new SharedPoolExecutor(broker, {
    filename: new URL('./tasks.js', import.meta.url),
    maxThreads: options.threads,
  })
  live?.page.show(broker, executor)
  try {
    progress.note('Loading the cities')
    const sizes = await executor.run(options.countries, { name: 'loadCities', signal })
    if (live) live.map.begin(await executor.run(undefined, { name: 'drawMap', signal }))
    const { tours, failures } = await planEach(executor, sizes, options, signal, progress, live)
    progress.note('Verifying the tours')
    const wrong = await executor.run(undefined, { name: 'verifyTours', signal })
    const map = await executor.run(undefined, { name: 'drawMap', signal })
    return { tours, failures, wrong, map }
  } finally {
    await executor.close()
    await broker.close()
  }
}

async function planEach(
  executor: Executor,
  sizes: readonly CountrySize[],
  { effort, seed, threads }: DemoOptions,
  signal: AbortSignal,
  progress: Progress,
  live: Live | undefined,
): Promise<Pick<Planned, 'tours' | 'failures'>> {
  const tours: TourResult[] = []
  const failures: Failure[] = []
  const cities = sizes.reduce((sum, size) => sum + size.cities, 0)
  progress.note(`${count(cities, 'city', 'cities')} in ${count(sizes.length, 'country', 'countries')}`)
  progress.expect(cities)
  const runs = sizes.map(async (size) => {
    const { country } = size
    const bar = progress.start(`${country} ${countryName(country)}`, size.cities)
    try {
      const budget = budgetOf(size.cities / cities, size.cities, effort, threads)
      const onProgress = (fraction: unknown) => bar.advance(fraction as number)
      const request = { country, budget, seed, drawn: live !== undefined }
      const tour = await executor.run(request, { name: 'planTour', signal, onProgress })
      live?.map.found(tour)
      tours.push(tour)
      bar.finish(describe(tour))
    } catch (error) {
      signal.throwIfAborted()
      failures.push({ country, error })
      bar.finish('failed')
    }
  })
  await Promise.all(runs)
  tours.sort((a, b) => b.cities - a.cities || a.country.localeCompare(b.country))
  return { tours, failures }
}

/** Its share of the time that all threads have together; but one tour is one thread's work. */
export function budgetOf(share: number, cities: number, effort: Effort, threads: number): TourBudget {
  if ('movesPerCity' in effort) return { moves: effort.movesPerCity * cities }
  return { millis: effort.seconds * 1000 * Math.min(1, share * threads) }
}

function describe({ cities, kilometresBefore, kilometresAfter }: TourResult): string {
  const saved = savedPercent(kilometresBefore, kilometresAfter)
  return `${count(cities, 'city', 'cities')}, ${whole(kilometresBefore)} km, improved to ${whole(kilometresAfter)} km (${saved} shorter)`
}
