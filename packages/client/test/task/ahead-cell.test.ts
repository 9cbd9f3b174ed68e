import { expect, test } from 'vitest'
import { AheadCell, isAheadOffer } from '../../src/task/ahead-cell.js'

/** The thread's cell and the executor's. */
function cells() {
  const thread = new AheadCell()
  return { thread, executor: new AheadCell(thread.memory) }
}

test('a task sent ahead is begun or taken back, and only once', () => {
  const { thread, executor } = cells()
  executor.offer(1)
  expect(thread.begin(1)).toBe(true)
  expect(executor.takeBack(1)).toBe(false)
  executor.offer(2)
  expect(executor.takeBack(2)).toBe(true)
  expect(thread.begin(2)).toBe(false)
})

test('a task that was left to the thread is begun though the next one has been offered', () => {
  const { thread, executor } = cells()
  executor.offer(1)
  executor.received(1)
  executor.offer(2)
  expect(thread.begin(1)).toBe(true)
  expect(executor.takeBack(2)).toBe(true)
  expect(thread.begin(2)).toBe(false)
})

test('a thread waits for the answer of the task before, and not for ever', () => {
  const { thread, executor } = cells()
  executor.offer(1)
  executor.received(1)
  thread.untilReceived(1, 1e9)
  thread.untilReceived(2, 1)
})

test.each([
  undefined,
  'ahead',
  { '@pglease/ahead': new ArrayBuffer(8), threadId: 1 },
  { '@pglease/ahead': new SharedArrayBuffer(4), threadId: 1 },
  { '@pglease/ahead': new SharedArrayBuffer(8) },
])('%j is not what a thread posts of its cell', (message) => {
  expect(isAheadOffer(message)).toBe(false)
  expect(isAheadOffer({ '@pglease/ahead': new AheadCell().memory, threadId: 1 })).toBe(true)
})
