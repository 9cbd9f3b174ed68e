import { alternate, type Entrant, inTime } from './alternate.js'
import { quantile } from './ratios.js'

/** Rounds that are compared with as many before them. */
const SPAN = 12

/** Who gains less from one span to the next gets no faster. */
const LEAST_GAIN = 1.03

const MOST_ROUNDS = 120

/**
 * Runs rounds that do not count: so many of each entrant in turn, or each until its rate grows no more. A thread has code of
 * its own, which its compiler learns from what that thread does: how long that takes differs between entrants.
 */
export async function warmUp(entrants: readonly Entrant[], rounds: number | 'until steady'): Promise<void> {
  if (rounds !== 'until steady') return void (await alternate(entrants, rounds))
  for (const entrant of entrants) await untilSteady(entrant)
}

async function untilSteady({ name, round }: Entrant): Promise<void> {
  const rates: number[] = []
  while (rates.length < MOST_ROUNDS && !isSteady(rates)) {
    const { rate } = await inTime(round(), `a round of ${name}`)
    rates.push(rate!)
  }
}

export function isSteady(rates: readonly number[]): boolean {
  if (rates.length < 2 * SPAN) return false
  return quantile(rates.slice(-SPAN), 0.5) < LEAST_GAIN * quantile(rates.slice(-2 * SPAN, -SPAN), 0.5)
}
