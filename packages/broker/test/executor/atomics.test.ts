import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

type Tasks = typeof import('../tasks/timers.js')

const lending = new Lending(await createTestDatabase())

test.each(['async', 'disabled'] as const)(
  'the timers of a thread without a task go on where atomics is %s',
  async (atomics) => {
    const executor = lending.executor<Tasks>(lending.broker(), 'timers.js', { atomics })
    const cell = new Int32Array(new SharedArrayBuffer(4))
    await executor.run({ cell }, { name: 'counts' })
    for (const goal of [1, 2, 3].map((more) => Atomics.load(cell, 0) + more))
      await until(() => Atomics.load(cell, 0) >= goal, `for the timer, which is at ${Atomics.load(cell, 0)}`)
  },
)

test('atomics that are none of the three are refused', () => {
  const start = () => lending.executor(lending.broker(), 'timers.js', { atomics: 'off' as 'async' })
  expect(start).toThrow(
    expect.objectContaining({ code: 'PGLEASE_CONFIGURATION', option: 'executor.atomics' }),
  )
})
