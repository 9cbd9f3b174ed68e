import { inspect } from 'node:util'
import pg from 'pg'
import { ERROR_CLASSES } from './errors.js'

/**
 * An error as plain data. Structured clone drops an error's class and own fields; this keeps both, with the causes and
 * the errors of an AggregateError.
 */
export interface WireError {
  class: string
  name: string
  message: string
  stack: string | undefined
  fields: Record<string, unknown>
  cause?: WireValue
  errors?: WireValue[]
}

type WireValue = { error: WireError } | { value: unknown }

/** Deep enough for any honest chain of causes, and an end for a circular one. */
const MAX_DEPTH = 8

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

const PROTOTYPES = new Map<string, object>(
  [...BUILT_IN, pg.DatabaseError, ...ERROR_CLASSES].map((type) => [type.name, type.prototype]),
)

/** Any thrown value as data that a port can carry. */
export function toWire(thrown: unknown, depth = 0): WireValue {
  return thrown instanceof Error && depth < MAX_DEPTH
    ? { error: errorToWire(thrown, depth) }
    : { value: isCloneable(thrown) ? thrown : inspect(thrown) }
}

/** The thrown value again: an error of its class where both sides know it, else an `Error` of its name. */
export function fromWire(wire: WireValue): unknown {
  return 'error' in wire ? errorFromWire(wire.error) : wire.value
}

function errorToWire(error: Error, depth: number): WireError {
  const { name, message, stack } = error
  const wire: WireError = { class: knownClass(error), name, message, stack, fields: ownFields(error) }
  if (error.cause !== undefined) wire.cause = toWire(error.cause, depth + 1)
  if (error instanceof AggregateError) wire.errors = error.errors.map((each) => toWire(each, depth + 1))
  return wire
}

function errorFromWire({ class: className, name, message, stack, fields, cause, errors }: WireError): Error {
  // Made by `new`: what is only of an error's prototype prints and clones as a plain object.
  const error = new Error(message)
  Object.setPrototypeOf(error, PROTOTYPES.get(className) ?? Error.prototype)
  hide(error, 'stack', stack)
  Object.assign(error, fields)
  if (error.name !== name) hide(error, 'name', name)
  if (cause !== undefined) hide(error, 'cause', fromWire(cause))
  if (errors !== undefined) hide(error, 'errors', errors.map(fromWire))
  return error
}

/** As `new Error` makes them: not enumerable, so that they print as an error's. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false })
}

/** The nearest class that the other side has too. */
function knownClass(error: Error): string {
  for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const name = proto.constructor?.name
    if (PROTOTYPES.get(name) === proto) return name
  }
  return 'Error'
}

function ownFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(error)) {
    if (key !== 'cause' && isCloneable(value)) fields[key] = value
  }
  return fields
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
