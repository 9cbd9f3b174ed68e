import { types } from 'node:util'
import pg from 'pg'
import { ERROR_CLASSES } from './errors.js'
import { attempt } from './values.js'

const BUILT_IN = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
  AggregateError,
]

/** By name, of the classes that both sides of a thread boundary have. */
const PROTOTYPES = new Map<string, object>(
  [...BUILT_IN, pg.DatabaseError, ...ERROR_CLASSES].map((type) => [type.name, type.prototype]),
)

const BUILT_IN_NAMES = new Set(BUILT_IN.map(({ name }) => name))

/** The name of the nearest class of the error that the other side has too. */
export function knownClass(error: Error): string {
  return attempt(() => findClass(error)) ?? 'Error'
}

export function prototypeOf(className: string): object {
  return PROTOTYPES.get(className) ?? Error.prototype
}

function findClass(error: Error): string | undefined {
  for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const type = proto.constructor
    const name = type?.name
    if (PROTOTYPES.get(name) === proto) return name
    if (BUILT_IN_NAMES.has(name) && types.isNativeError(error) && isBuiltIn(type)) return name
  }
  return undefined
}

/** Also of another realm. */
function isBuiltIn(type: unknown): boolean {
  return Function.prototype.toString.call(type).endsWith('{ [native code] }')
}
