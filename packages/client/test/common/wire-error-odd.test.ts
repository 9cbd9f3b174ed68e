import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { fromWire, toWire } from '../../src/common/wire-error.js'

// biome-ignore lint/suspicious/noExplicitAny: the shape of what was thrown is the test's own.
const cross = (thrown: unknown): any => fromWire(structuredClone(toWire(thrown)))

/** As TypeORM, Sequelize and Prisma make them: what the driver threw is somewhere inside. */
const inner = () => Object.assign(new pg.DatabaseError('duplicate key', 42, 'error'), { code: '23505' })

class Wrapper extends Error {
  [field: string]: unknown
}

/** Each of them costs its field, or less. */
const odd: [string, () => unknown][] = [
  ['a function', () => () => {}],
  ['a symbol', () => Symbol('odd')],
  ['a boxed symbol', () => Object(Symbol('odd'))],
  ['a promise', () => Promise.resolve(1)],
  ['a WeakMap', () => new WeakMap()],
  ['an emitter of events', () => Object.assign(new EventEmitter(), { on() {} })],
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
  ],
  [
    'a proxy of which every trap throws',
    () =>
      new Proxy(
        {},
        new Proxy(
          {},
          {
            get: () => () => {
              throw null
            },
          },
        ),
      ),
  ],
  ['a generator', () => (function* () {})()],
  [
    'an array buffer that was moved',
    () => {
      const buffer = new ArrayBuffer(8)
      structuredClone(buffer, { transfer: [buffer] })
      return buffer
    },
  ],
]

describe.each(odd)('%s', (_what, make) => {
  test('in an error leaves the other fields', () => {
    const error = Object.assign(new Wrapper('what'), {
      before: 1,
      deep: [{ odd: make(), beside: inner() }],
      odd: make(),
      after: 2,
    })
    const after = cross(error)
    expect(after).toMatchObject({ message: 'what', before: 1, after: 2 })
    expect(after.deep[0].beside).toBeInstanceOf(pg.DatabaseError)
  })

  test('in place of the message, the name, the stack or the cause leaves the rest', () => {
    for (const name of ['message', 'name', 'stack', 'cause', 'errors']) {
      const error = Object.assign(new Wrapper('what'), { code: 5 })
      Object.defineProperty(error, name, { value: make(), configurable: true })
      const after = cross(error)
      expect(after).toBeInstanceOf(Error)
      expect(after.code).toBe(5)
    }
  })

  test('that is itself thrown is told of', () => {
    expect(cross(make())).toEqual(expect.any(String))
  })
})

test('a getter that throws costs its field, whatever it throws', () => {
  for (const thrown of [new Error('never'), null, undefined, 'text']) {
    const throws = {
      get() {
        throw thrown
      },
      enumerable: true,
    }
    const error = Object.defineProperties(Object.assign(new Wrapper('what'), { code: 5 }), {
      odd: throws,
      cause: throws,
      stack: throws,
    })
    const after = cross(error)
    expect(after).toMatchObject({ message: 'what', code: 5 })
    expect(after).not.toHaveProperty('odd')
    expect(cross(Object.defineProperties({ code: 5 }, { odd: throws }))).toEqual({ code: 5 })
  }
})

test('a getter that gives something else each time cannot deceive', () => {
  let calls = 0
  const error = Object.defineProperty(new Wrapper('what'), 'odd', {
    get: () => [1, () => {}, inner()][calls++ % 3],
    enumerable: true,
  })
  for (let round = 0; round < 7; round++) expect(cross(error).message).toBe('what')
})

test('a message, name and stack that are no text arrive', () => {
  for (const value of [42, { text: 'deep' }, null, ['a'], 5n]) {
    const error = new Wrapper('what')
    for (const name of ['message', 'name', 'stack'])
      Object.defineProperty(error, name, { value, configurable: true })
    const after = cross(error)
    expect([after.message, after.name, after.stack]).toEqual([value, value, value])
  }
})

test('a proxy of an error, and an error without a prototype, are errors', () => {
  expect(cross(new Proxy(Object.assign(new TypeError('what'), { code: 5 }), {}))).toMatchObject({
    message: 'what',
    code: 5,
  })
  expect(cross(Object.setPrototypeOf(new TypeError('what'), null))).toMatchObject({ message: 'what' })
})

const plain = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
})

test('whatever can be cloned arrives as structured clone gives it', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const [expected, arrived] = [structuredClone(value), cross(value)]
      expect(isDeepStrictEqual(arrived, expected)).toBe(true)
    }),
  )
})

test('and so does each field of an error, also beside odd ones', () => {
  const fields = fc.dictionary(fc.string(), plain)
  fc.assert(
    fc.property(
      fields,
      fc.constantFrom(...odd),
      ({ message: _, stack, name, cause, errors, ...data }, [, makeOdd]) => {
        const own = Object.getOwnPropertyDescriptors(data)
        const error = Object.defineProperties(new Wrapper('what'), {
          ...own,
          odd: { value: makeOdd(), enumerable: true },
        })
        const after = cross(error)
        delete after.odd
        expect(isDeepStrictEqual({ ...after }, structuredClone({ ...data }))).toBe(true)
      },
    ),
  )
})
