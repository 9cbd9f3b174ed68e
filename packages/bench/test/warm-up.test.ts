import { expect, test } from 'vitest'
import { isSteady, warmUp } from '../src/harness/warm-up.js'

const times = (count: number, rate: number) => Array.from({ length: count }, () => rate)

test('an entrant is warm when twelve rounds are no faster than the twelve before', () => {
  expect(isSteady(times(23, 10))).toBe(false)
  expect(isSteady(times(24, 10))).toBe(true)
  expect(isSteady([...times(12, 9), ...times(12, 10)])).toBe(false)
  expect(isSteady([...times(12, 9), ...times(24, 10)])).toBe(true)
  expect(isSteady(Array.from({ length: 24 }, (_, round) => 10 + (round % 3)))).toBe(true)
})

test('each entrant is warmed up for as long as it takes, and not for ever', async () => {
  const rounds: Record<string, number> = {}
  const entrant = (name: string, rate: (round: number) => number, units = 1000) => ({
    name,
    round: async () => {
      rounds[name] = (rounds[name] ?? 0) + 1
      return { rate: rate(rounds[name]), units }
    },
  })
  await warmUp(
    [
      entrant('steady', () => 7),
      entrant('slow', (round) => Math.min(round, 50)),
      entrant('never', (round) => 2 ** round),
      entrant('seldom', () => 7, 500),
      entrant('hardly ever', () => 7, 1),
    ],
    'until steady',
    2,
  )
  expect(rounds.steady).toBe(24)
  expect(rounds.slow).toBeGreaterThan(50)
  expect(rounds.slow).toBeLessThan(80)
  expect(rounds.never).toBe(120)
  // Each of two threads has done 12,000 by then.
  expect(rounds.seldom).toBe(48)
  expect(rounds['hardly ever']).toBe(120)
})
