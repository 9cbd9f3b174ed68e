import { types } from 'node:util'
import { typeOf } from '@pglease/client/internal'

/** What a user's function has thrown, which may be anything, as an error. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error || types.isNativeError(thrown)) return thrown
  return new Error(`What was thrown is no error, but ${typeOf(thrown)}`, { cause: thrown })
}
