import { MessageChannel } from 'node:worker_threads'
import pg from 'pg'
import { expect, test } from 'vitest'
import { cloneError } from '../../src/task/uncloneable.js'

const f = () => {}
const refused = new DOMException('refused', 'DataCloneError')
const told = (value: unknown) => (cloneError(refused, value, 'result') as Error).message

class Row {
  constructor(readonly save: unknown) {}
}

const circle: { self?: unknown; list: unknown[] } = { list: [] }
circle.self = circle
circle.list.push(circle, f)

const throwing = {
  fine: 1,
  get bad() {
    throw new Error('never')
  },
}

test.each<[string, unknown]>([
  ['result is a function', f],
  ['result is a symbol', Symbol('mark')],
  ['result.rows[0].fn is a function', { rows: [{ fn: f }] }],
  ['result[2] is a symbol', [1, 2, Symbol('mark')]],
  ['result["a b"].fn is a function', { 'a b': { fn: f } }],
  [
    '[...result][1][1].fn is a function',
    new Map<string, unknown>([
      ['fine', 1],
      ['not', { fn: f }],
    ]),
  ],
  ['[...result][0][0] is a function', new Map([[f, 1]])],
  ['[...result][1] is a function', new Set([1, f])],
  ['result.save is a function', new Row(f)],
  ['result.list[1] is a function', circle],
  ['result.later is a promise', { later: Promise.resolve() }],
  ['result.proxy is a Proxy', { proxy: new Proxy({}, {}) }],
  ['result.cache is an object of class WeakMap', { cache: new WeakMap() }],
  [
    'result.bytes is an ArrayBuffer that was transferred already',
    { whole: new ArrayBuffer(0), bytes: transferred() },
  ],
  ['result.port is an object of class MessagePort', { port: new MessageChannel().port1 }],
  ['result.bad is a getter that throws', throwing],
  // The nearest is told of.
  ['result.near is a function', { far: { off: [{ fn: f }] }, near: f }],
])('that a value cannot be cloned because %s is said', (what, value) => {
  expect(told(value)).toBe(`The result could not be cloned: ${what}.`)
})

test('a result of pg says what to use instead, wherever it is', () => {
  const result = new (pg as unknown as { Result: new () => object }).Result()
  expect(told(Object.assign(result, { _types: { f } }))).toBe(
    'The result could not be cloned: result._types.f is a function. A Result of pg keeps its parsers: use result.rows.',
  )
  expect(told([{ cities: result }])).toMatch(/ use result\[0\]\.cities\.rows\.$/)
  expect(told({ result: { rows: [{ f }] } })).not.toContain('pg')
})

test('where no part is to blame the error stays as it is', () => {
  expect(cloneError(refused, { fine: [1, new Date(0), new Map()] }, 'result')).toBe(refused)
})

test('to look for the part has an end', () => {
  const endless = (): object => Object.defineProperty({}, 'next', { get: endless, enumerable: true })
  expect(cloneError(refused, endless(), 'result')).toBe(refused)
  let nest: unknown = f
  for (let depth = 0; depth < 50_000; depth++) nest = [nest]
  expect(told(nest)).toMatch(/\[0\] is a function\.$/)
})

function transferred(): ArrayBuffer {
  const bytes = new ArrayBuffer(4)
  structuredClone(bytes, { transfer: [bytes] })
  return bytes
}
