import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { ERROR_CLASSES, LeaseLostError } from '../../src/common/errors.js'
import { isRetryable } from '../../src/common/retryable.js'
import { fromWire, toWire } from '../../src/common/wire-error.js'

const coded = (code: string, fields: object = {}) =>
  Object.assign(new Error('what happened'), { code, ...fields })

function ofServer(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('what happened', 1, 'error'), { code, severity: 'ERROR' })
}

describe('isRetryable', () => {
  test.each(ERROR_CLASSES.map((Class) => [Class.name, Class] as const))('says what a %s says', (_, Class) => {
    const error = new Class('what happened', { cause: ofServer('40001') })
    expect(isRetryable(error)).toBe(error.retryable)
    expect(isRetryable(fromWire(structuredClone(toWire(error))))).toBe(error.retryable)
  })

  test('says what one error says that is not as its class', () => {
    const error = Object.assign(new LeaseLostError('lost'), { retryable: false })
    expect(isRetryable(error)).toBe(false)
    expect(isRetryable(fromWire(structuredClone(toWire(error))))).toBe(false)
  })

  test.each([
    ...['40001', '40P01', '55P03', '55006'],
    ...['57P01', '57P02', '57P03', '57P05'],
    ...['53000', '53200', '53300', '08000', '08001', '08003', '08006'],
  ])('takes the server’s %s for passing', (code) => {
    const error = ofServer(code)
    expect(isRetryable(error)).toBe(true)
    expect(isRetryable(fromWire(structuredClone(toWire(error))))).toBe(true)
  })

  test.each([
    ...['08007', '40003'],
    ...['08P01', '40002', '23505', '42P01', '57014', '57P04', '25P02', '25P03', '28P01', 'XX000', '00000'],
  ])('takes the server’s %s for final, or of an unknown outcome', (code) => {
    expect(isRetryable(ofServer(code))).toBe(false)
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN', 'EMFILE'])(
    'takes Node’s %s for passing',
    (code) => expect(isRetryable(coded(code))).toBe(true),
  )

  test.each(['ENOTFOUND', 'EACCES', 'ENOENT', 'ERR_INVALID_ARG_TYPE', 'CERT_HAS_EXPIRED'])(
    'takes Node’s %s for final',
    (code) => expect(isRetryable(coded(code))).toBe(false),
  )

  test.each<[string, unknown]>([
    ['a cause', new Error('outer', { cause: ofServer('40001') })],
    ['a cause of a cause', new Error('outer', { cause: new Error('inner', { cause: ofServer('40P01') }) })],
    ['the error of a driver', Object.assign(new Error('outer'), { driverError: ofServer('40001') })],
    ['a parent', Object.assign(new Error('outer'), { parent: ofServer('40001') })],
    ['one of several addresses', new AggregateError([coded('EACCES'), coded('ECONNREFUSED')])],
    ['an error of pglease within', new Error('outer', { cause: new LeaseLostError('lost') })],
    ['an object that is no error', { code: '40001' }],
  ])('finds %s', (_, error) => {
    expect(isRetryable(error)).toBe(true)
  })

  test('looks no deeper than an error that says no', () => {
    const error = Object.assign(new LeaseLostError('lost', { cause: coded('ECONNRESET') }), {
      retryable: false,
    })
    expect(isRetryable(new Error('outer', { cause: error }))).toBe(false)
  })

  const circle: Error & { cause?: unknown } = new Error('round')
  circle.cause = circle

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', '40001'],
    ['a function', () => '40001'],
    ['an error without a code', new Error('what happened')],
    ['a circle of causes', circle],
    ['a number for a code', { code: 40001 }],
    ['a code that says of itself that it is retryable', { code: 'OTHER', retryable: true }],
    [
      'what throws when it is looked at',
      {
        get code() {
          throw new Error('odd')
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          get() {
            throw new Error('odd')
          },
        },
      ),
    ],
  ])('is false for %s', (_, error) => {
    expect(isRetryable(error)).toBe(false)
  })
})
