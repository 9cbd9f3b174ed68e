import vm from 'node:vm'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { LeaseLostError } from '../../src/common/errors.js'
import { fromWire, toWire } from '../../src/common/wire-error.js'

// biome-ignore lint/suspicious/noExplicitAny: the shape of what was thrown is the test's own.
const cross = (thrown: unknown): any => fromWire(structuredClone(toWire(thrown)))

/** As TypeORM, Sequelize and Prisma make them: what the driver threw is somewhere inside. */
const inner = () => Object.assign(new pg.DatabaseError('duplicate key', 42, 'error'), { code: '23505' })

class Wrapper extends Error {
  [field: string]: unknown
}

class Item {
  constructor(readonly error: Error) {}
}

describe('an error inside what is thrown arrives as one', () => {
  const places: [string, (error: Error) => object, (arrived: Wrapper) => unknown][] = [
    ['a field', (parent) => Object.assign(new Wrapper('outer'), { parent }), ({ parent }) => parent],
    [
      'an array',
      (one) => Object.assign(new Wrapper('outer'), { errors: [1, one] }),
      ({ errors }) => (errors as unknown[])[1],
    ],
    [
      'a plain object',
      (error) => Object.assign(new Wrapper('outer'), { meta: { error } }),
      ({ meta }) => (meta as Item).error,
    ],
    [
      'an object of a class',
      (error) => Object.assign(new Wrapper('outer'), { item: new Item(error) }),
      ({ item }) => (item as Item).error,
    ],
    [
      'a Map',
      (error) => Object.assign(new Wrapper('outer'), { byName: new Map([['it', error]]) }),
      ({ byName }) => (byName as Map<string, unknown>).get('it'),
    ],
    [
      'a Set',
      (error) => Object.assign(new Wrapper('outer'), { all: new Set([error]) }),
      ({ all }) => [...(all as Set<unknown>)][0],
    ],
    ['its cause', (cause) => new Wrapper('outer', { cause }), ({ cause }) => cause],
    ['no error', (error) => [{ error }], (arrived) => (arrived as unknown as [Item])[0].error],
    [
      'an error in a field of a cause',
      (error) => new Wrapper('outer', { cause: Object.assign(new Error('middle'), { list: [{ error }] }) }),
      ({ cause }) => (cause as { list: [Item] }).list[0].error,
    ],
  ]
  test.each(places)('in %s', (_where, put, find) => {
    for (const [before, Type] of [
      [inner(), pg.DatabaseError],
      [new LeaseLostError('lost', { database: 'default' }), LeaseLostError],
      [new TypeError('wrong'), TypeError],
    ] as const) {
      const after = find(cross(put(before))) as Error
      expect(after).toBeInstanceOf(Type)
      expect({ ...after, message: after.message, stack: after.stack }).toEqual({
        ...before,
        message: before.message,
        stack: before.stack,
      })
    }
  })
})

test('errors of another realm keep their class and their fields', () => {
  const make = (code: string) => vm.runInNewContext(code) as unknown
  for (const [code, Type] of [
    ['Object.assign(new TypeError("what"), { code: 5 })', TypeError],
    ['Object.assign(new (class Mine extends RangeError {})("what"), { code: 5 })', RangeError],
    ['Object.assign(new Error("what"), { code: 5 })', Error],
    ['Object.assign(new (class TypeError extends Error {})("what"), { code: 5 })', Error],
  ] as const) {
    const after = cross(make(code))
    expect(after.constructor).toBe(Type)
    expect(after).toMatchObject({ message: 'what', code: 5 })
  }
  expect(cross(make('({ inside: [new RangeError("what")] })')).inside[0]).toBeInstanceOf(RangeError)
  expect(cross(make('new AggregateError([new TypeError("one")], "all")')).errors[0]).toBeInstanceOf(TypeError)
})

test('what holds itself still does', () => {
  const error = Object.assign(new Wrapper('round'), { list: [] as unknown[], map: new Map() })
  error.self = error
  error.list.push(error, error.list)
  error.map.set('map', error.map).set(error, error)
  const after = cross(error)
  expect(after.self).toBe(after)
  expect(after.list[0]).toBe(after)
  expect(after.list[1]).toBe(after.list)
  expect(after.map.get('map')).toBe(after.map)
  expect(after.map.get(after)).toBe(after)
})

test('fields may have any name', () => {
  const error = new Wrapper('what')
  for (const name of ['__proto__', 'constructor', 'toString', 'then'])
    Object.defineProperty(error, name, { value: { deep: [inner(), () => {}] }, enumerable: true })
  const after = cross(error)
  expect(after).toBeInstanceOf(Error)
  expect(Object.keys(after)).toEqual(['__proto__', 'constructor', 'toString', 'then'])
  expect(Object.getOwnPropertyDescriptor(after, '__proto__')?.value.deep[0].code).toBe('23505')
})

describe('the work for an error is bounded', () => {
  test('of great depth', () => {
    let chain: Error = new Error('last')
    let nest: unknown = chain
    for (let depth = 0; depth < 30_000; depth++) {
      chain = new Error('link', { cause: chain })
      nest = { nest: [nest] }
    }
    const after = cross(Object.assign(chain, { nest, code: 5 }))
    expect(after).toMatchObject({ code: 5, cause: { cause: { message: 'link' } }, nest: { nest: [{}] } })
  })

  test('of great width', () => {
    const wide = Object.assign(new Wrapper('wide'), {
      code: 5,
      holes: Array(2 ** 32 - 1),
      functions: Array(300_000).fill(() => {}),
    })
    wide.holes[7] = inner()
    expect(cross(wide)).toMatchObject({ message: 'wide', code: 5 })
    expect(cross(wide).holes[7].code).toBe('23505')
  })

  test('that never ends', () => {
    const endless: object = Object.defineProperty({}, 'next', {
      get: () => new Proxy(endless, {}),
      enumerable: true,
    })
    expect(cross(Object.assign(new Wrapper('endless'), { code: 5, endless }))).toMatchObject({ code: 5 })
  })

  test('but not of plain data in it', () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, at: new Date(id) }))
    expect(cross(Object.assign(new Wrapper('large'), { rows })).rows).toEqual(rows)
  })
})
