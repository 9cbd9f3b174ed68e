import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { ERROR_CLASSES, LeaseTimeoutError, PgleaseError } from '../../src/common/errors.js'
import { fromWire, toWire } from '../../src/common/wire-error.js'

/** Across a thread boundary and back to a thrown value. */
const cross = (thrown: unknown) =>
  fromWire(structuredClone(toWire(thrown))) as Error & Record<string, unknown>

test.each(ERROR_CLASSES.map((type) => [type.name, type] as const))('%s stays what it is', (name, Type) => {
  const cause = new Error('Behind it')
  const before = new Type('What happened', { database: 'default', limit: 3, holders: ['a', 'b'], cause })
  const after = cross(before)
  expect(after).toBeInstanceOf(Type)
  expect(after).toBeInstanceOf(PgleaseError)
  expect(after).toMatchObject({
    name,
    message: 'What happened',
    stack: before.stack,
    code: before.code,
    retryable: before.retryable,
    database: 'default',
    limit: 3,
    holders: ['a', 'b'],
  })
  expect(after.cause).toEqual(cause)
  expect(Object.keys(after)).toEqual(Object.keys(before))
})

test.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError])(
  'a %s of the language stays what it is',
  (Type) => {
    const after = cross(new Type('What happened'))
    expect(after).toBeInstanceOf(Type)
    expect(after.constructor).toBe(Type)
    expect(Object.keys(after)).toEqual([])
  },
)

test("a server's error keeps its class and all its fields", () => {
  const before = new pg.DatabaseError('duplicate key', 42, 'error')
  Object.assign(before, {
    severity: 'ERROR',
    code: '23505',
    detail: 'Key (id)=(1)',
    constraint: 'pk',
    routine: 'r',
  })
  const after = cross(before)
  expect(after).toBeInstanceOf(pg.DatabaseError)
  expect({ ...after }).toEqual({ ...before })
})

test("an error of the user's own class becomes one of the nearest class that both sides know", () => {
  class QuotaError extends RangeError {
    override name = 'QuotaError'
    constructor(readonly left: number) {
      super('Over quota')
    }
  }
  const after = cross(new QuotaError(3))
  expect(after).toBeInstanceOf(RangeError)
  expect(after).toMatchObject({ name: 'QuotaError', message: 'Over quota', left: 3 })
})

test("a class of the user's own with a name of ours is not taken for ours", () => {
  const Impostor = { LeaseTimeoutError: class extends Error {} }.LeaseTimeoutError
  expect(cross(new Impostor('Mine'))).not.toBeInstanceOf(LeaseTimeoutError)
})

test('a chain of causes is kept, and a circle of them has an end', () => {
  const chain = new Error('first', { cause: new TypeError('second', { cause: 'third' }) })
  const after = cross(chain)
  expect(after.cause).toBeInstanceOf(TypeError)
  expect(after).toMatchObject({ message: 'first', cause: { message: 'second', cause: 'third' } })
  const circle: Error = new Error('round')
  circle.cause = circle
  expect(cross(circle)).toMatchObject({ message: 'round', cause: { message: 'round' } })
})

test('an AggregateError keeps its errors', () => {
  const after = cross(
    new AggregateError([new TypeError('one'), 2, new LeaseTimeoutError('three')], 'All failed'),
  )
  expect(after).toBeInstanceOf(AggregateError)
  const [one, two, three] = after.errors as unknown[]
  expect(one).toBeInstanceOf(TypeError)
  expect(two).toBe(2)
  expect(three).toBeInstanceOf(LeaseTimeoutError)
})

test('fields that cannot be cloned are left out, and the others stay', () => {
  const before = Object.assign(new Error('What happened'), {
    code: 'X',
    retry: () => {},
    mark: Symbol('s'),
    at: new Date(0),
  })
  expect({ ...cross(before) }).toEqual({ code: 'X', at: new Date(0) })
})

test.each<[string, unknown, unknown]>([
  ['a string', 'no error', 'no error'],
  ['nothing', undefined, undefined],
  ['null', null, null],
  ['an object', { status: 404 }, { status: 404 }],
  ['a function', function refuse() {}, '[Function: refuse]'],
  ['a symbol', Symbol('reason'), 'Symbol(reason)'],
  ['an object with a function', { retry() {} }, '{ retry: [Function: retry] }'],
  [
    'an object without a prototype',
    Object.assign(Object.create(null), { f() {} }),
    '[Object: null prototype] { f: [Function: f] }',
  ],
])('%s that was thrown arrives as well as it can', (_what, thrown, arrives) => {
  expect(cross(thrown)).toEqual(arrives)
})

test('whatever is thrown can be posted', () => {
  const errors = fc.record({ message: fc.string(), fields: fc.dictionary(fc.string(), fc.anything()) })
  const thrown = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withTypedArray: true,
    }),
    errors.map(({ message, fields: { stack, message: _, name, cause, errors, ...fields } }) =>
      Object.assign(new Error(message), fields),
    ),
  )
  fc.assert(
    fc.property(thrown, (value) => {
      expect(() => cross(value)).not.toThrow()
    }),
  )
})
