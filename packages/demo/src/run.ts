import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { DemoOptions } from './arguments.js'
import { type Failure, type Live, planAllTours } from './plan.js'
import type { Progress } from './progress.js'
import type { Report } from './report/page.js'
import { ConnectionSampler } from './sampler.js'
import { createSchema, dropSchema } from './schema.js'
import { connect, openServer, withApplicationName } from './server.js'
import { roundKilometres } from './summary.js'
import type { TourResult } from './tasks/plan-tour.js'

/** Any number will do that is not another program's. */
const LOCK = 7_245_327_301

export interface Outcome extends Report {
  readonly failures: readonly Failure[]
  /** Countries whose tour failed verification. */
  readonly wrong: readonly string[]
}

/** Runs the whole demo and leaves nothing behind but, on a server of the user's own, its schema. */
export async function runDemo(
  options: DemoOptions,
  signal: AbortSignal,
  progress: Progress,
  live?: Live,
): Promise<Outcome> {
  await using server = await openServer(options)
  signal.throwIfAborted()
  const observer = await connect(server.connectionString, 'pglease demo, observer')
  try {
    await lockOut(observer)
    return await inOwnSchema(observer, options.drop, () =>
      observeJob(observer, server.connectionString, options, signal, progress, live),
    )
  } finally {
    await observer.end().catch(() => {})
  }
}

async function inOwnSchema<T>(client: ClientBase, drop: boolean, work: () => Promise<T>): Promise<T> {
  await createSchema(client)
  let result: T
  try {
    result = await work()
  } catch (error) {
    // Of two failures the first is the one to tell of.
    if (drop) await dropSchema(client).catch(() => {})
    throw error
  }
  if (drop) await dropSchema(client)
  return result
}

async function observeJob(
  observer: ClientBase,
  connectionString: string,
  options: DemoOptions,
  signal: AbortSignal,
  progress: Progress,
  live: Live | undefined,
): Promise<Outcome> {
  const name = `pglease demo ${randomUUID()}`
  await using sampler = new ConnectionSampler(observer, name)
  const started = performance.now()
  const stop = AbortSignal.any([signal, sampler.lost])
  const planned = await planAllTours(
    withApplicationName(connectionString, name),
    options,
    stop,
    progress,
    live,
  )
  const seconds = Math.round(performance.now() - started) / 1000
  const leakedConnections = await sampler.countLeft()
  const { tours, failures, wrong, map } = planned
  const summary = {
    countries: tours.length + failures.length,
    cities: sum(tours, 'cities'),
    tasks: tours.length + failures.length,
    failed: failures.length,
    threads: options.threads,
    maxConnections: options.connections,
    peakConnections: sampler.peak,
    leakedConnections,
    verified: wrong.length === 0,
    kmBefore: roundKilometres(sum(tours, 'kilometresBefore')),
    kmAfter: roundKilometres(sum(tours, 'kilometresAfter')),
    seconds,
  }
  return { summary, tours, map, failures, wrong }
}

/** Two runs would replace each other's schema. The lock ends with the connection. */
export async function lockOut(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    LOCK,
  ])
  if (!rows[0]!.locked)
    throw new Error('Another run of the demo is at work in this database: wait for its end.')
}

function sum(tours: readonly TourResult[], key: 'cities' | 'kilometresBefore' | 'kilometresAfter'): number {
  return tours.reduce((total, tour) => total + tour[key], 0)
}
