import type { Running } from '../contenders/contender.js'
import type { Values } from '../harness/alternate.js'
import type { Metric, Target } from '../harness/result.js'
import type { Loads } from '../threads/loads.js'
import type { Done } from '../threads/repeat.js'
import type { Place } from './comparison.js'

export const BOTH_ROUTES: readonly Place[] = [
  { threads: 2, route: 'socket' },
  { threads: 4, route: 'socket' },
  { threads: 2, route: 'tls' },
]

export const SOCKET: readonly Place[] = BOTH_ROUTES.filter(({ route }) => route === 'socket')

/** The one metric of most cases: how much is done in a second. */
export function rate(unit: string, targets: readonly Target[]) {
  const metric: Metric = { name: 'throughput', unit: `${unit}/s`, better: 'higher' }
  return { rate: { ...metric, targets } }
}

/** Names of the loads that say how much they did in what time. */
type RatedLoad = { [N in keyof Loads]: Loads[N]['result'] extends Done ? N : never }[keyof Loads]

/** Runs a load in each thread at the same time. */
export async function inEachThread<N extends RatedLoad>(
  running: Running,
  name: N,
  inputs: readonly Loads[N]['input'][],
): Promise<Values> {
  const all = (await Promise.all(inputs.map((input) => running.run(name, input)))) as Done[]
  return rateOf(all)
}

/** Of loads that ran at the same time. */
export function rateOf(all: readonly Done[]): Values {
  return {
    rate: all.reduce((sum, { units, seconds }) => sum + units / seconds, 0),
    units: all.reduce((sum, { units }) => sum + units, 0),
  }
}

/** The same input for each thread. */
export function everywhere<T>(threads: number, input: T): T[] {
  return Array.from({ length: threads }, () => input)
}

/** The numbers from 1 to `count`, shared out evenly. */
export function shares(count: number, threads: number): { from: number; to: number }[] {
  return Array.from({ length: threads }, (_, thread) => ({
    from: Math.floor((count * thread) / threads) + 1,
    to: Math.floor((count * (thread + 1)) / threads),
  }))
}
