import { expect, test } from 'vitest'
import { CountedWarnings } from '../../src/common/counted-warnings.js'
import type { BrokerWarning } from '../../src/index.js'

/** Counts of the warnings that were told, by cause. */
function start() {
  const told: string[] = []
  const warnings = new CountedWarnings(({ message }) => void told.push(message))
  const tell = (cause: string, times = 1) => {
    for (let time = 0; time < times; time++)
      warnings.tell(cause, (count) => ({ message: `${cause} ${count}` }) as BrokerWarning)
  }
  return { told, tell }
}

test('a cause is told of when it has come once, ten times, a hundred times and so on', () => {
  const { told, tell } = start()
  tell('leak', 1000)
  expect(told).toEqual(['leak 1', 'leak 10', 'leak 100', 'leak 1000'])
})

test('each cause has a count of its own', () => {
  const { told, tell } = start()
  tell('leak', 9)
  tell('transaction')
  tell('leak')
  expect(told).toEqual(['leak 1', 'transaction 1', 'leak 10'])
})

test('of causes without end as many are kept as there is room for', () => {
  const { told, tell } = start()
  for (let cause = 0; cause < 1000; cause++) tell(`cause ${cause}`)
  told.length = 0
  tell('cause 0', 8)
  expect(told).toEqual([])
  tell('one more')
  // It counts as new, and so has the next one that came first to go.
  tell('cause 0')
  expect(told).toEqual(['one more 1', 'cause 0 1'])
})
