import { describe, expect, test } from 'vitest'
import { planRound } from '../../src/campaign/schedule.js'
import { FAULTS } from '../../src/faults/index.js'

const options = { seed: 7, faults: [], isBrief: false }

describe('the schedule of a round', () => {
  test('is made by its seed and its number alone', () => {
    expect(planRound(options, 3)).toEqual(planRound(options, 3))
    expect(planRound(options, 3)).not.toEqual(planRound(options, 4))
    expect(planRound(options, 3)).not.toEqual(planRound({ ...options, seed: 8 }, 3))
  })

  test('has nothing but the faults that were asked for', () => {
    const { lines } = planRound({ ...options, faults: ['connection cut', 'server full'] }, 0)
    const struck = lines.map((line) => [...new Set(line.map(({ fault }) => fault))].join())
    expect([...new Set(struck)].sort()).toEqual(['connection cut', 'server full'])
  })

  test('brings every fault that there is, sooner or later', () => {
    const struck = new Set<string>()
    for (let number = 0; number < 60; number++)
      for (const { fault } of planRound(options, number).lines.flat()) struck.add(fault)
    expect([...struck].sort()).toEqual(FAULTS.map(({ name }) => name).sort())
  })
})
