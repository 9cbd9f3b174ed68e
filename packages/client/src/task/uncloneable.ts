import { types } from 'node:util'
import { attempt, keysOf, kindOf } from '../common/values.js'

/** In place of a field whose getter throws. */
const THROWS = Symbol('throws')

/** So many parts of a value are looked at, those nearest to it first. */
const MOST_PARTS = 100_000

/** The first part of a value that structured clone refuses. */
interface UncloneablePart {
  /** As code would reach it: `result.rows[0].fn`. */
  path: string
  what: string
  /** Where a `Result` of pg's is on the way to it. */
  result: string | undefined
}

/** A part that is still to be looked at. */
type Found = Pick<UncloneablePart, 'path' | 'result'> & { value: unknown }

/** The error of posting a value, with the part of the value that is to blame. @param name what the value is called. */
export function cloneError(error: unknown, value: unknown, name: string): unknown {
  const part = uncloneablePart(value, name)
  if (part === undefined) return error
  const advice = part.result && ` A Result of pg keeps its parsers: use ${part.result}.rows.`
  return new DOMException(
    `The ${name} could not be cloned: ${part.path} is ${part.what}.${advice ?? ''}`,
    'DataCloneError',
  )
}

/** Undefined where each part could be cloned by itself, as far as they were looked at. */
function uncloneablePart(value: unknown, name: string): UncloneablePart | undefined {
  const found: Found[] = [{ path: name, result: undefined, value }]
  const seen = new Set<unknown>()
  for (const { path, value, result } of found) {
    const what = refusal(value)
    if (what !== undefined) return { path, what, result }
    if (Object(value) !== value || seen.has(value)) continue
    seen.add(value)
    const inside = isResult(value as object) ? path : result
    for (const part of partsOf(value as object, path)) {
      if (found.length === MOST_PARTS) break
      found.push({ ...part, result: inside })
    }
  }
  return undefined
}

/** Why structured clone refuses the value, whatever is in it. */
function refusal(value: unknown): string | undefined {
  if (value === THROWS) return 'a getter that throws'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (types.isProxy(value)) return 'a Proxy'
  if (types.isPromise(value)) return 'a promise'
  if (kindOf(value) !== 'uncloneable') return undefined
  // Structured clone takes every other.
  if (types.isArrayBuffer(value)) return 'an ArrayBuffer that was transferred already'
  const name = attempt(() => (value as object).constructor.name)
  return typeof name === 'string' ? `an object of class ${name}` : 'an object of a class of its own'
}

function* partsOf(value: object, path: string): Generator<Omit<Found, 'result'>> {
  switch (kindOf(value)) {
    case 'map':
      for (const [index, entry] of [...Map.prototype.entries.call(value)].entries()) {
        yield { path: `[...${path}][${index}][0]`, value: entry[0] }
        yield { path: `[...${path}][${index}][1]`, value: entry[1] }
      }
      return
    case 'set':
      for (const [index, each] of [...Set.prototype.values.call(value)].entries())
        yield { path: `[...${path}][${index}]`, value: each }
      return
    case 'array':
    case 'object':
      for (const key of keysOf(value)) {
        const part = attempt(() => ({ value: (value as Record<string, unknown>)[key] }))
        yield { path: path + access(value, key), value: part === undefined ? THROWS : part.value }
      }
  }
}

function access(value: object, key: string): string {
  if (Array.isArray(value) && /^\d+$/.test(key)) return `[${key}]`
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** As `pg` gives it: its rows can be cloned, but not the parsers that it keeps. */
function isResult(value: object): boolean {
  return ['rows', 'fields', 'command', 'rowCount'].every((name) => Object.hasOwn(value, name))
}
