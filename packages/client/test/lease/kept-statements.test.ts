import { expect, test } from 'vitest'
import { KeptStatements, MOST_KEPT, statementId } from '../../src/lease/kept-statements.js'

const id = (number: number) => statementId(`SELECT ${number}`)

test('what one side adds or removes, the other sees', () => {
  const kept = new KeptStatements()
  const other = new KeptStatements(kept.ofLease)
  for (const number of [1, 2, 3]) expect(kept.add(id(number))).toBe(true)
  other.remove(id(1))
  other.remove(id(7))
  expect([1, 2, 3, 7].map((number) => kept.has(id(number)))).toEqual([false, true, true, false])
})

test('it has each statement once, and not more than it may', () => {
  const kept = new KeptStatements()
  for (let time = 0; time < 2; time++)
    for (let number = 0; number < MOST_KEPT; number++) expect(kept.add(id(number))).toBe(true)
  expect(kept.add(id(MOST_KEPT))).toBe(false)
  kept.remove(id(0))
  expect(kept.add(id(MOST_KEPT))).toBe(true)
  expect(kept.has(id(MOST_KEPT - 1))).toBe(true)
})

test('a reset keeps nothing of a lease whose client does not look at what it sends, or has seen a change', () => {
  const kept = new KeptStatements()
  const reset = () => [kept.reset(), kept.resetKeeps, kept.has(id(1))]
  kept.add(id(1))
  kept.watch()
  expect(reset()).toEqual([true, true, true])
  kept.begin()
  expect(reset()).toEqual([false, false, false])
  kept.add(id(1))
  kept.watch()
  kept.spoil()
  expect(reset()).toEqual([false, false, false])
})

test('who hears of its lease when that is over says nothing of the lease that follows', () => {
  const kept = new KeptStatements()
  kept.begin()
  const late = new KeptStatements(kept.ofLease)
  kept.begin()
  late.watch()
  expect(kept.isGood).toBe(false)
  new KeptStatements(kept.ofLease).watch()
  late.spoil()
  expect(kept.isGood).toBe(true)
})

test('memory that a thread has spoilt is a table all the same', () => {
  const kept = new KeptStatements()
  const words = new Int32Array(kept.memory)
  for (const word of [-1, 2 ** 31 - 1]) {
    words.fill(word)
    expect(kept.has(id(1))).toBe(false)
    kept.remove(id(1))
    kept.add(id(1))
    kept.reset()
  }
})

test('a name is the same for a text and for its bytes, and short enough for the server', () => {
  expect(statementId('SELECT ä')).toEqual(statementId(Buffer.from('SELECT ä')))
  expect(statementId('SELECT 1').name).not.toBe(statementId('SELECT 2').name)
  expect(statementId('x'.repeat(1000)).name.length).toBeLessThan(64)
})
