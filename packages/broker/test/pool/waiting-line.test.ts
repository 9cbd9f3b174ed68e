import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WaitingLine } from '../../src/pool/waiting-line.js'

/** Who joins, with which priority, how many milliseconds after the one before. */
const arrivals = fc.array(fc.record({ priority: fc.integer({ min: -3, max: 3 }), after: fc.nat(2000) }))

function fill(waiters: { priority: number; after: number }[]) {
  const line = new WaitingLine<number>()
  let now = 0
  const keys = waiters.map(({ priority, after }, name) => {
    now += after
    line.join(name, priority, now)
    return now - priority * 1000
  })
  return { line, keys }
}

function drain(line: WaitingLine<number>): number[] {
  const order: number[] = []
  for (let next = line.shift(); next !== undefined; next = line.shift()) order.push(next)
  return order
}

test('a waiter counts as come one second earlier for each step of priority', () => {
  fc.assert(
    fc.property(arrivals, (waiters) => {
      const { line, keys } = fill(waiters)
      expect(line.size).toBe(waiters.length)
      // `sort` is stable: equals stay in the order in which they came.
      const expected = waiters.map((_, name) => name).sort((a, b) => keys[a]! - keys[b]!)
      expect(drain(line)).toEqual(expected)
      expect(line.size).toBe(0)
    }),
  )
})

test('who leaves is forgotten, and the rest keep their order', () => {
  fc.assert(
    fc.property(arrivals, fc.array(fc.nat(20)), (waiters, leavers) => {
      const gone = new Set(leavers)
      const { line, keys } = fill(waiters)
      for (const name of leavers) line.leave(name)
      const expected = waiters
        .map((_, name) => name)
        .sort((a, b) => keys[a]! - keys[b]!)
        .filter((name) => !gone.has(name))
      expect(drain(line)).toEqual(expected)
    }),
  )
})

test('leaving tells whether the waiter was in the line', () => {
  const line = new WaitingLine<string>()
  line.join('a', 0, 0)
  expect([line.leave('b'), line.leave('a'), line.leave('a')]).toEqual([false, true, false])
})

test('nobody starves, however many of high priority keep coming', () => {
  const line = new WaitingLine<string>()
  line.join('patient', 0, 0)
  const served: string[] = []
  // Ten come in each second, all more urgent, and only one in ten is served.
  for (let now = 0; !served.includes('patient'); now += 100) {
    line.join(`urgent ${now}`, 5, now)
    if (now % 1000 === 0) served.push(line.shift() as string)
    expect(now).toBeLessThan(100_000)
  }
  // It had to wait for those who came in its first five seconds, and for no more.
  expect(served).toHaveLength(51)
})
