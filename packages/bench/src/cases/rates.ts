import type { Values } from '../harness/alternate.js'
import type { Loads } from '../threads/loads.js'
import type { Done } from '../threads/repeat.js'
import type { Place, Round } from './comparison.js'

export const BOTH_ROUTES: readonly Place[] = [
  { threads: 2, route: 'socket' },
  { threads: 4, route: 'socket' },
  { threads: 2, route: 'tls' },
]

export const SOCKET: readonly Place[] = BOTH_ROUTES.filter(({ route }) => route === 'socket')

/** Names of the loads that say how much they did in what time. */
export type RatedLoad = { [N in keyof Loads]: Loads[N]['result'] extends Done ? N : never }[keyof Loads]

/** What a load is given in one of the threads, which are numbered from 0. */
export type InputOf<N extends RatedLoad> = (round: Round, thread: number) => Loads[N]['input']

/** Runs a load in each thread at the same time. */
export async function inEachThread<N extends RatedLoad>(
  round: Round,
  load: N,
  input: InputOf<N>,
): Promise<Values> {
  const runs = Array.from({ length: round.setting.threads }, (_, thread) =>
    round.running.run(load, input(round, thread)),
  )
  return rateOf((await Promise.all(runs)) as Done[])
}

/** Of loads that ran at the same time. */
export function rateOf(all: readonly Done[]): Values {
  return {
    rate: all.reduce((sum, { units, seconds }) => sum + units / seconds, 0),
    units: all.reduce((sum, { units }) => sum + units, 0),
  }
}

/** A thread's part of the numbers from 1 to `count`, which are shared out evenly. */
export function shareOf(count: number, threads: number, thread: number): { from: number; to: number } {
  return {
    from: Math.floor((count * thread) / threads) + 1,
    to: Math.floor((count * (thread + 1)) / threads),
  }
}
