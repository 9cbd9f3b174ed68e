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
  const entrant = (name: string, rate: (round: number) => number) => ({
    name,
    round: async () => {
      rounds[name] = (rounds[name] ?? 0) + 1
      return { rate: rate(rounds[name]) }
    },
  })
  await warmUp(
    [
      entrant('steady', () => 7),
      entrant('slow', (round) => Math.min(round, 50)),
      entrant('never', (round) => 2 ** round),
    ],
    'until steady',
  )
  expect(rounds.steady).toBe(24)
  expect(rounds.slow).toBeGreaterThan(50)
  expect(rounds.slow).toBeLessThan(80)
  expect(rounds.never).toBe(120)
})
