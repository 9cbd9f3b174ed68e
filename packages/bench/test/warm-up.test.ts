import { expect, test } from 'vitest'
import { isSteady, warmUp } from '../src/harness/warm-up.js'

test('an entrant is warm when five rounds are no faster than the five before', () => {
  expect(isSteady([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBe(false)
  expect(isSteady([10, 10, 10, 10, 10])).toBe(false)
  expect(isSteady([1, 2, 3, 10, 10, 10, 10, 10, 10, 10])).toBe(false)
  expect(isSteady([1, 2, 3, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10])).toBe(true)
  expect(isSteady([10, 9, 10, 11, 10, 9, 11, 10, 10, 9])).toBe(true)
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
      entrant('slow', (round) => Math.min(round, 30)),
      entrant('never', (round) => 2 ** round),
    ],
    'until steady',
  )
  expect(rounds).toEqual({ steady: 10, slow: 37, never: 80 })
})
