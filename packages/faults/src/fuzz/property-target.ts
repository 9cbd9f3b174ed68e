import { messageOf } from '@pglease/commands'
import fc from 'fast-check'
import { keptCases } from './corpus.js'
import type { Target } from './target.js'

/** Cases of a batch; far more fit into a second. */
const BATCH = 500

/** A target of which each case holds or fails in this thread: what fails is made as small as it can be. */
export function propertyTarget<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void | Promise<void>,
  { batch = BATCH, revive = (kept: unknown) => kept as T } = {},
): Target {
  return {
    name,
    async run(seed) {
      const examples = keptCases(name).map((kept): [T] => [revive(kept)])
      if (seed === undefined) {
        for (const [example] of examples) await holds(example)
        return examples.length
      }
      const outcome = await fc.check(
        fc.asyncProperty(arbitrary, async (value) => holds(value)),
        {
          seed,
          numRuns: batch,
          verbose: fc.VerbosityLevel.None,
        },
      )
      if (outcome.failed) {
        const { counterexample, errorInstance } = outcome
        throw new Error(
          `Property failed: ${messageOf(errorInstance)}\nwith ${fc.stringify(counterexample?.[0])}`,
        )
      }
      return outcome.numRuns
    },
    close: async () => {},
  }
}

/** @throws Error that shows both, as JSON, where they are not the same. */
export function mustBeSame(found: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: ${one}, not ${other}`)
}
