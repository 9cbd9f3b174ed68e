import { expect, test } from 'vitest'
import { AheadCell } from '../../src/task/ahead-cell.js'
import { TaskTurns } from '../../src/task/task-turns.js'

/** A thread's turns, the executor's cell, and the tasks in the order in which they have begun. */
function thread() {
  const cell = new AheadCell()
  const turns = new TaskTurns(cell)
  const begun: number[] = []
  const arrives = async (number: number) => {
    const mayBegin = await turns.beginAhead(number)
    if (mayBegin) begun.push(number)
    return mayBegin
  }
  return { cell, turns, begun, arrives }
}

/** A thread that runs one task, and has the next one of the executor's waiting. */
function threadWithOneWaiting() {
  const { cell, turns, begun, arrives } = thread()
  turns.begin()
  cell.offer(1)
  return { cell, turns, begun, arrives, first: arrives(1) }
}

const turn = () => new Promise(setImmediate)

test('a task that arrives when the one before it has ended begins at once', async () => {
  const { cell, turns, arrives } = thread()
  turns.begin()
  turns.end()
  cell.offer(1)
  expect(await arrives(1)).toBe(true)
})

test('a task that arrives before begins a turn after the end of the one before it', async () => {
  const { turns, begun, first } = threadWithOneWaiting()
  await turn()
  expect(begun).toEqual([])
  turns.end()
  await Promise.resolve()
  expect(begun).toEqual([])
  expect(await first).toBe(true)
})

test('a task that arrives between the end of one and the begin of the next does not run beside that', async () => {
  const { cell, turns, begun, arrives, first } = threadWithOneWaiting()
  turns.end()
  cell.received(1)
  cell.offer(2)
  const second = arrives(2)
  expect(await first).toBe(true)
  await turn()
  expect(begun).toEqual([1])
  turns.end()
  expect(await second).toBe(true)
})

test('a task that was taken back gives its turn to the next', async () => {
  const { cell, turns, begun, arrives, first } = threadWithOneWaiting()
  turns.end()
  expect(cell.takeBack(1)).toBe(true)
  cell.offer(2)
  const second = arrives(2)
  expect([await first, await second]).toEqual([false, true])
  turns.end()
  cell.offer(3)
  expect(await arrives(3)).toBe(true)
  expect(begun).toEqual([2, 3])
})
