/** How errors speak of names and values that a user has given: shortly, and without a secret. */

import { once } from './once.js'

/** The most characters that are shown. */
const MOST_SHOWN = 64

/** An address that is longer shows nothing of its password in so few. */
const MOST_READ = 4096

/**
 * No address, and no list of settings: those have a colon, an at sign or an equals sign. No literal: to read one of Unicode's
 * classes takes about as long as to load a module.
 */
const plain = once(() => /^[\p{L}\p{N}_ ./+-]*$/u)

/** A name as it may be shown: an address that stands where a name should may hold a password. */
export function nameOf(name: string): string {
  if (/:\/\/|[@=]/.test(name.slice(0, MOST_READ))) return '(a name that is not shown)'
  return name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name
}

/** A value as it may be shown; undefined when it may not. */
export function show(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.length <= MOST_SHOWN && plain().test(value) ? JSON.stringify(value) : undefined
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    default:
      return value === null ? 'null' : undefined
  }
}

/** What kind of value it is. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' && value === '' ? 'an empty string' : `a ${typeof value}`
}
