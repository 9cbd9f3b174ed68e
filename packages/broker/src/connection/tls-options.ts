import type { ConnectionOptions } from 'node:tls'
import { asError } from '../common/as-error.js'

/** Of `ssl`, as `pg.Client` takes it. */
export type TlsOptions = true | ConnectionOptions

/** Node throws what a check of the server's identity throws at whoever turns the loop: this one gives it back, as it should. */
export function withSafeCheck(ssl: unknown): unknown {
  const { checkServerIdentity: check } = Object(ssl) as ConnectionOptions
  if (typeof check !== 'function') return ssl
  const safe: typeof check = (...values) => {
    try {
      return check(...values)
    } catch (error) {
      return asError(error)
    }
  }
  // The key too, which `pg` hides from those who list the options.
  const own = Object.getOwnPropertyDescriptors(ssl)
  return Object.defineProperties({}, { ...own, checkServerIdentity: { value: safe, enumerable: true } })
}
