/**
 * Work for a processor, the same amount on each call: a loop of so many turns over a few numbers. The result depends on
 * all of them, so that none can be left out.
 */
export function compute(turns: number): number {
  let state = 1
  for (let turn = 0; turn < turns; turn++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state
}

const TRIAL_TURNS = 2_000_000
const TRIALS = 10

/** How many turns an undisturbed core makes in a millisecond: the best of several trials. */
export function turnsPerMilli(): number {
  let best = Number.POSITIVE_INFINITY
  for (let trial = 0; trial < TRIALS; trial++) {
    const before = performance.now()
    compute(TRIAL_TURNS)
    best = Math.min(best, performance.now() - before)
  }
  return TRIAL_TURNS / best
}
