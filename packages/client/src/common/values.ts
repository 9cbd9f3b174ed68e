import { inspect, types } from 'node:util'

/** Whether it is an error, also one of another realm (`node:vm`) or behind a Proxy. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || (attempt(() => value instanceof Error) ?? false)
}

/** Calls code of the user's, as a getter; undefined where that throws. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** What structured clone makes of the value; undefined where it cannot. */
export function cloned<T>(value: T): { readonly value: T } | undefined {
  return attempt(() => ({ value: structuredClone(value) }))
}

/** Text for people about whatever was thrown. */
export function described(thrown: unknown): string {
  const message = isError(thrown) ? attempt(() => thrown.message) : undefined
  if (typeof message === 'string') return message
  if (typeof thrown === 'string') return thrown
  return attempt(() => inspect(thrown)) ?? 'something that cannot be shown'
}

/**
 * What a value consists of, as structured clone sees it:
 * - `whole`: it has no parts that could differ from it in whether they can be cloned;
 * - `error`, `array`, `map`, `set`, `object`: with parts;
 * - `uncloneable`.
 */
export type Kind = 'whole' | 'error' | 'array' | 'map' | 'set' | 'object' | 'uncloneable'

export function kindOf(value: unknown): Kind {
  if (typeof value === 'function' || typeof value === 'symbol') return 'uncloneable'
  if (Object(value) !== value) return 'whole'
  if (isError(value)) return 'error'
  if (types.isMap(value)) return 'map'
  if (types.isSet(value)) return 'set'
  if (attempt(() => Array.isArray(value))) return 'array'
  if (isOneThing(value as object)) return cloned(value) === undefined ? 'uncloneable' : 'whole'
  return 'object'
}

/** A value of the language's own, or one of Node's, which has no fields that can be seen. */
function isOneThing(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value) ||
    types.isPromise(value) ||
    (!isPlain(value) && keysOf(value).length === 0)
  )
}

function isPlain(value: object): boolean {
  const prototype = attempt(() => Object.getPrototypeOf(value))
  return (
    prototype === null ||
    (prototype !== undefined && attempt(() => Object.getPrototypeOf(prototype)) === null)
  )
}

/** The names of the fields that structured clone looks at. */
export function keysOf(value: object): string[] {
  return attempt(() => Object.keys(value)) ?? []
}

/** What a value holds, as far as it shows. */
export function partsOf(value: object): unknown[] {
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return []
  if (types.isMap(value)) return [...Map.prototype.entries.call(value)].flat()
  if (types.isSet(value)) return [...Set.prototype.values.call(value)]
  return Object.values(value)
}
