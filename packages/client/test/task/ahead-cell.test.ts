import { expect, test } from 'vitest'
import { makeThreadToken } from '../../src/common/thread-token.js'
import { AheadCell, aheadOffer, isAheadOffer } from '../../src/task/ahead-cell.js'

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

test('only what bears the token of this process and has the memory is what a thread posts of its cell', () => {
  makeThreadToken()
  const cell = new AheadCell()
  const offer = aheadOffer(cell)
  expect(isAheadOffer(structuredClone(offer))).toBe(true)
  const others: unknown[] = [
    undefined,
    null,
    'ahead',
    offer.token,
    { '@pglease/ahead': cell.memory },
    { '@pglease/ahead': cell.memory, token: 'another' },
    { '@pglease/ahead': cell.memory, token: undefined },
    { '@pglease/ahead': cell.memory, token: [offer.token] },
    { ...offer, '@pglease/ahead': new ArrayBuffer(8) },
    { ...offer, '@pglease/ahead': new SharedArrayBuffer(4) },
    { token: offer.token },
  ]
  for (const other of others) expect(isAheadOffer(structuredClone(other))).toBe(false)
})
