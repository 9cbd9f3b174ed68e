import { EventEmitter } from 'node:events'
import { knownClass } from './error-classes.js'
import { attempt, cloned, isError, keysOf, kindOf, partsOf } from './values.js'
import type { Part, Ref, Wire } from './wire.js'

/**
 * So many fields are taken apart at the most, those nearest to what was thrown first: the other side has to put them
 * together again. What can be cloned whole is one field.
 */
const MOST_FIELDS = 10_000

/** What an error has without showing it. */
const HIDDEN = ['name', 'message', 'stack', 'cause', 'errors']

/** Takes one thrown value apart. */
export class WireEncoder {
  readonly #parts: Part[] = []
  /** What the parts are made of, at the same indices. */
  readonly #sources: object[] = []
  readonly #indices = new Map<unknown, number>()
  #left = MOST_FIELDS

  /** Undefined when nothing of it can be told. */
  encode(thrown: unknown): Wire | undefined {
    const ref = this.#whole(thrown) ?? this.#ref(thrown)
    // Grows meanwhile: a recursion would need an end.
    for (const [index, part] of this.#parts.entries()) this.#write(this.#sources[index]!, part)
    const [first] = this.#parts
    const isLost = first !== undefined && first.is !== 'error' && first.fields.length === 0
    return ref === undefined || isLost ? undefined : { thrown: ref, parts: this.#parts }
  }

  /** A value that needs not be taken apart. */
  #whole(value: unknown): Ref | undefined {
    if (isError(value)) return undefined
    // The copy is what is posted: getters may give something else the next time.
    const copy = cloned(value)
    return copy === undefined || holdsError(copy.value) ? undefined : copy
  }

  #ref(value: unknown): Ref | undefined {
    const is = kindOf(value)
    if (is === 'whole') return { value }
    // What emits events is no data: behind it are sockets, servers, and all that they hold.
    if (is === 'uncloneable' || (is !== 'error' && value instanceof EventEmitter)) return undefined
    const known = this.#indices.get(value)
    if (known !== undefined) return { part: known }
    const part: Part = { is, fields: [] }
    if (is === 'error') part.class = knownClass(value as Error)
    if (is === 'array') part.length = (value as unknown[]).length
    const index = this.#parts.push(part) - 1
    this.#sources.push(value as object)
    this.#indices.set(value, index)
    return { part: index }
  }

  #write(source: object, part: Part): void {
    if (part.is === 'error') this.#writeError(source as Error, part)
    else if (part.is === 'map') this.#writeEntries(part, Map.prototype.entries.call(source))
    else if (part.is === 'set') this.#writeEntries(part, Set.prototype.entries.call(source))
    else this.#writeFields(part.fields, source, keysOf(source), (value) => this.#ref(value))
  }

  #writeError(error: Error, part: Part): void {
    const shown = keysOf(error)
    const hidden = HIDDEN.filter((name) => !shown.includes(name))
    // Most fields of errors are plain data.
    const read = (value: unknown) => this.#whole(value) ?? this.#ref(value)
    part.hidden = []
    this.#writeFields(part.hidden, error, hidden, read)
    this.#writeFields(part.fields, error, shown, read)
  }

  #writeFields(
    fields: Part['fields'],
    source: object,
    names: string[],
    read: (value: unknown) => Ref | undefined,
  ): void {
    for (const name of names) {
      if (this.#left === 0) return
      const field = attempt(() => ({ value: (source as Record<string, unknown>)[name] }))
      const ref = field && read(field.value)
      if (ref !== undefined) this.#add(fields, { value: name }, ref)
    }
  }

  #writeEntries(part: Part, entries: Iterable<[unknown, unknown]>): void {
    for (const [key, value] of entries) {
      if (this.#left === 0) return
      const [keyRef, ref] = [this.#ref(key), this.#ref(value)]
      if (keyRef !== undefined && ref !== undefined) this.#add(part.fields, keyRef, ref)
    }
  }

  #add(fields: Part['fields'], key: Ref, value: Ref): void {
    this.#left--
    fields.push([key, value])
  }
}

/** Of a value that can be cloned. */
function holdsError(root: unknown): boolean {
  const found = new Set([root])
  for (const value of found) {
    if (Object(value) !== value) continue
    if (isError(value)) return true
    for (const each of attempt(() => partsOf(value as object)) ?? []) found.add(each)
  }
  return false
}
