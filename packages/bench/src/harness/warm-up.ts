import { alternate, type Entrant, inTime } from './alternate.js'
import { quantile } from './ratios.js'

/** Rounds that are compared with as many before them. */
const SPAN = 12

/** Who gains less from one span to the next gets no faster. */
const LEAST_GAIN = 1.03

/**
 * What each thread does at the least: with fewer tasks Node 20 has not compiled all that runs once in a task, though the rate may
 * stand still for a while before.
 */
const UNITS_PER_THREAD = 12_000

/** However slow a unit is. */
const MOST_ROUNDS = 120

/**
 * Runs rounds that do not count: so many of each entrant in turn, or each until its rate grows no more. A thread has code of
 * its own, which its compiler learns from what that thread does: how long that takes differs between entrants.
 */
export async function warmUp(
  entrants: readonly Entrant[],
  rounds: number | 'until steady',
  threads: number,
): Promise<void> {
  if (rounds !== 'until steady') return void (await alternate(entrants, rounds))
  for (const entrant of entrants) await untilSteady(entrant, threads * UNITS_PER_THREAD)
}

async function untilSteady({ name, round }: Entrant, leastUnits: number): Promise<void> {
  const rates: number[] = []
  let done = 0
  while (rates.length < MOST_ROUNDS && (done < leastUnits || !isSteady(rates))) {
    const { rate, units } = await inTime(round(), `a round of ${name}`)
    rates.push(rate!)
    done += units!
  }
}

export function isSteady(rates: readonly number[]): boolean {
  if (rates.length < 2 * SPAN) return false
  return quantile(rates.slice(-SPAN), 0.5) < LEAST_GAIN * quantile(rates.slice(-2 * SPAN, -SPAN), 0.5)
}
